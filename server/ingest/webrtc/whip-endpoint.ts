import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import {
  type Participant,
  ProtocolError,
  parsePublisherMessage,
  REFUSAL_CODES,
  type SessionStart,
} from '../../../client-sdk/protocol/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import type { Grant } from '../../access/grant.ts';
import type { AskAdmission } from '../../admission.ts';
import { type OfferAnswered, type OfferRefused, refuseOffer } from '../../ports/offer-outcome.ts';
import { ServiceError, type ServiceErrorCode } from '../../service-error.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import type { IceServers } from './ice-servers.ts';
import { Resources } from './resources.ts';
import { OfferError, parseOffer } from './sdp/offer.ts';
import type { PeerTransports } from './transport/open-transport.ts';
import { type WebRtcLimits, type WebRtcMeter, WebRtcPublisher } from './webrtc-publisher.ts';

export interface WhipEndpointOptions {
  readonly ingest: IngestPort;
  /** Null while no media can be received: it is switched off or not open yet. */
  readonly transports: () => PeerTransports | null;
  /** Called before another publisher is admitted. */
  readonly refuse: AskAdmission;
  readonly limits: WebRtcLimits;
  readonly iceServers: IceServers;
  readonly clock: Clock;
  readonly meter: WebRtcMeter;
  readonly log: Logger;
}

/** What the address of a WHIP endpoint says about the publisher. Every field may be omitted. */
export interface WhipQuery {
  readonly session?: string | undefined;
  readonly title?: string | undefined;
  readonly participant?: string | undefined;
  readonly role?: string | undefined;
  readonly name?: string | undefined;
  readonly traceparent?: string | undefined;
}

export interface WhipAnswer extends OfferAnswered {
  readonly sessionId: string;
}

/** Participant id of a publisher that names none. */
const DEFAULT_PARTICIPANT = 'speaker';

/** HTTP status and code for each error of the ingest port. All other errors are temporary: 503. */
const REFUSALS: Readonly<Partial<Record<ServiceErrorCode, { readonly status: number; readonly code: string }>>> = {
  'session-exists': { status: 409, code: 'session-taken' },
  'session-held': { status: 409, code: 'session-taken' },
  'session-reserved': { status: 409, code: 'session-taken' },
  'not-granted': { status: 403, code: 'forbidden' },
  'quota-sessions': { status: 429, code: 'overloaded' },
  'quota-session-starts': { status: 429, code: 'too-fast' },
  'quota-publishers': { status: 429, code: 'overloaded' },
  'shutting-down': { status: 503, code: 'shutdown' },
};

/** WHIP (RFC 9725): answers offers and opens publishers. Uses HTTP statuses, but no other part of HTTP. */
export class WhipEndpoint {
  readonly #options: WhipEndpointOptions;
  readonly #resources = new Resources<WebRtcPublisher>('publisher');
  #opening = 0;

  constructor(options: WhipEndpointOptions) {
    this.#options = options;
  }

  /** Publishers that are connected or about to be. */
  get openCount(): number {
    return this.#resources.size + this.#opening;
  }

  /** The ICE servers, for a client that asks for them before its offer. */
  links(): string[] {
    return this.#options.iceServers.links();
  }

  /** Answers an offer with a publisher, in the session that the query names, or in a new session. */
  async offer(sdp: string, query: WhipQuery, grant: Grant): Promise<WhipAnswer | OfferRefused> {
    const transports = this.#options.transports();
    const refusal = transports === null ? 'overloaded' : this.#options.refuse();
    if (transports === null || refusal !== null) {
      return refuseOffer(503, refusal ?? 'overloaded', 'no further publisher can be taken now; try again later');
    }
    this.#opening += 1;
    let part: CallPart | null = null;
    try {
      const offer = parseOffer(sdp);
      const { start, participant: asked } = readQuery({
        ...query,
        participant: query.participant ?? grant.participant,
      });
      part = this.#options.ingest.join(start, grant);
      const participant = part.claim(asked);
      if (typeof participant === 'string') {
        part.leave('disconnected');
        return refuseOffer(participant === 'participant-taken' ? 409 : 429, participant, REFUSAL_CODES[participant]);
      }
      const resourceId = randomBytes(16).toString('hex');
      const { ingest, limits, clock, meter, log } = this.#options;
      const { publisher, answer } = await WebRtcPublisher.open({
        offer,
        part,
        participant,
        transports,
        limits,
        traffic: ingest.trafficOf(grant),
        clock,
        meter,
        log,
        onClosed: () => this.#resources.delete(resourceId),
      });
      const sessionId = part.session.id;
      // A publisher that reconnects replaces its earlier connection.
      this.find(sessionId, participant.id)?.close('disconnected');
      const owner = { holder: grant.holder, sessionId, participantId: participant.id };
      const etag = this.#resources.add(resourceId, publisher, owner);
      if (part.session.ending) publisher.close(null);
      void part.session.finished.then(() => this.#resources.forgetGone(resourceId));
      const links = this.#options.iceServers.links(resourceId.slice(0, 12));
      return { kind: 'answered', resourceId, sessionId, answer, etag, links };
    } catch (error) {
      part?.leave(part.isFirst ? 'completed' : 'disconnected');
      return this.#refusalOf(error);
    } finally {
      this.#opening -= 1;
    }
  }

  /** The publisher of a participant in a session, if there is one. */
  find(sessionId: string, participantId: string): WebRtcPublisher | undefined {
    return this.#resources.values.find(
      ({ part, participant }) => part.session.id === sessionId && participant.id === participantId,
    );
  }

  /** Takes a client's candidates. Null: accepted. */
  trickle(resourceId: string, grant: Grant, ifMatch: string | undefined, fragment: string): OfferRefused | null {
    return this.#resources.trickle(resourceId, grant, ifMatch, fragment);
  }

  /**
   * Ends a publisher. Its session ends with the last one. Many clients close the connection first: the session then waits
   * for them no longer. False if the holder has no publisher with this id.
   */
  end(resourceId: string, grant: Grant): boolean {
    this.#resources.get(resourceId, grant)?.close('completed');
    const gone = this.#resources.takeGone(resourceId, grant);
    gone?.part.session.complete(grant);
    return gone !== undefined;
  }

  /** Ends every publisher. */
  close(): void {
    for (const publisher of this.#resources.values) publisher.close('shutdown');
  }

  #refusalOf(error: unknown): OfferRefused {
    if (error instanceof OfferError) return refuseOffer(422, 'unacceptable-offer', error.message);
    if (error instanceof ProtocolError) return refuseOffer(400, 'bad-request', error.message);
    if (error instanceof ServiceError) {
      const { status, code } = REFUSALS[error.code] ?? { status: 503, code: 'overloaded' };
      return refuseOffer(status, code, error.message);
    }
    this.#options.log.error({ err: error }, 'a WebRTC offer could not be answered');
    return refuseOffer(500, 'internal', 'the server failed at its own work');
  }
}

/** Checks the address by the rules of the publish protocol. */
function readQuery(query: WhipQuery): { readonly start: SessionStart; readonly participant: Participant } {
  const start = parsePublisherMessage({
    type: 'session.start',
    version: 1,
    ...(query.session !== undefined && { sessionId: query.session }),
    ...(query.title !== undefined && { title: query.title }),
    ...(query.traceparent !== undefined && { traceparent: query.traceparent }),
  });
  const track = parsePublisherMessage({
    type: 'track.add',
    track: 0,
    participant: {
      id: query.participant ?? DEFAULT_PARTICIPANT,
      ...(query.role !== undefined && { role: query.role }),
      ...(query.name !== undefined && { displayName: query.name }),
    },
    media: { kind: 'transcript' },
  });
  if (start.type !== 'session.start' || track.type !== 'track.add')
    throw new TypeError('the message types of the protocol have changed');
  const { id, role, displayName } = track.participant;
  return { start, participant: { id, role: role ?? 'unknown', displayName: displayName ?? null } };
}
