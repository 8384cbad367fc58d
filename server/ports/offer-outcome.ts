/** An offer, or a request about an earlier offer, that was refused. */
export interface OfferRefused {
  readonly kind: 'refused';
  /** HTTP status. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The answer to an offer. */
export interface OfferAnswered {
  readonly kind: 'answered';
  /** Identifies the peer in its address. Hard to guess. */
  readonly resourceId: string;
  /** The session that the peer joined, when the client may not know it. */
  readonly sessionId?: string;
  /** SDP. */
  readonly answer: string;
  /** Strong entity tag of the ICE session. */
  readonly etag: string;
  /** `Link` values with the ICE servers. */
  readonly links: readonly string[];
}

export function refuseOffer(status: number, code: string, message: string): OfferRefused {
  return { kind: 'refused', status, code, message };
}
