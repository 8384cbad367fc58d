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
import { ServiceError, type ServiceErrorCode } from '../../service-error.ts';
import type { CallPart } from '../admission/call-part.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { iceServerLinks } from './ice-servers.ts';
import { type Answered, type Refusal, Resources, refused } from './resources.ts';
import { OfferError, parseOffer } from './sdp/offer.ts';
import type { PeerTransports } from './transport/open-transport.ts';
import { type WebRtcLimits, type WebRtcMeter, WebRtcPublisher } from './webrtc-publisher.ts';

export interface WhipEndpointOptions {
  readonly port: IngestPort;
  /** Null while no media can be taken: it is switched off, or not open yet. */
  readonly transports: () => PeerTransports | null;
  /** Why a further publisher cannot be taken now, null when it can. */
  readonly refuse: () => 'shutdown' | 'overloaded' | null;
  readonly limits: WebRtcLimits;
  readonly iceServers: readonly string[];
  readonly turnSecret?: string | undefined;
  readonly turnTtlSeconds: number;
  readonly clock: Clock;
  readonly meter: WebRtcMeter;
  readonly log: Logger;
}

/** What the address of a WHIP endpoint says of the publisher; all of it may be left out. */
export interface WhipQuery {
  readonly session?: string | undefined;
  readonly title?: string | undefined;
  readonly participant?: string | undefined;
  readonly role?: string | undefined;
  readonly name?: string | undefined;
  readonly traceparent?: string | undefined;
}

export interface WhipAnswer extends Answered {
  readonly sessionId: string;
}

/** Participant of a publisher that names none. */
const DEFAULT_PARTICIPANT = 'speaker';

/** How the port's refusals are told; others are passing: 503. */
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

/** WHIP (RFC 9725): offers in, publishers out. It knows HTTP's statuses but no HTTP. */
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

  /** The ICE servers, for a client that asks before it makes an offer. */
  links(): string[] {
    return iceServerLinks(this.#options, randomBytes(6).toString('hex'));
  }

  /** Answers an offer with a publisher, in the session that the query names or in one of its own. */
  async offer(sdp: string, query: WhipQuery, grant: Grant): Promise<WhipAnswer | Refusal> {
    const transports = this.#options.transports();
    const refusal = transports === null ? 'overloaded' : this.#options.refuse();
    if (transports === null || refusal !== null) {
      return refused(503, refusal ?? 'overloaded', 'no further publisher can be taken now; try again later');
    }
    this.#opening += 1;
    let part: CallPart | null = null;
    try {
      const offer = parseOffer(sdp);
      const { start, participant: asked } = readQuery({
        ...query,
        participant: query.participant ?? grant.participant,
      });
      part = this.#options.port.join(start, grant);
      const participant = part.claim(asked);
      if (typeof participant === 'string') {
        part.leave('disconnected');
        return refused(participant === 'participant-taken' ? 409 : 429, participant, REFUSAL_CODES[participant]);
      }
      const resourceId = randomBytes(16).toString('hex');
      const { publisher, answer } = await WebRtcPublisher.open({
        ...this.#options,
        offer,
        part,
        participant,
        transports,
        traffic: this.#options.port.trafficOf(grant),
        onClosed: () => this.#resources.delete(resourceId),
      });
      const sessionId = part.session.id;
      // A publisher that comes back is the same one: what is left of its last connection gives way.
      this.find(sessionId, participant.id)?.close('disconnected');
      const owner = { holder: grant.holder, sessionId, participantId: participant.id };
      const etag = this.#resources.add(resourceId, publisher, owner);
      if (part.session.ending) publisher.close(null);
      const links = iceServerLinks(this.#options, resourceId.slice(0, 12));
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

  /** Takes a client's candidates; null when they were taken. */
  trickle(resourceId: string, grant: Grant, ifMatch: string | undefined, fragment: string): Refusal | null {
    return this.#resources.trickle(resourceId, grant, ifMatch, fragment);
  }

  /** The publisher leaves, and with the last one its session ends. False when the holder has none of this id. */
  end(resourceId: string, grant: Grant): boolean {
    const publisher = this.#resources.get(resourceId, grant);
    publisher?.close('completed');
    return publisher !== undefined;
  }

  /** Ends every publisher. */
  close(): void {
    for (const publisher of this.#resources.values) publisher.close('shutdown');
  }

  #refusalOf(error: unknown): Refusal {
    if (error instanceof OfferError) return refused(422, 'unacceptable-offer', error.message);
    if (error instanceof ProtocolError) return refused(400, 'bad-request', error.message);
    if (error instanceof ServiceError) {
      const { status, code } = REFUSALS[error.code] ?? { status: 503, code: 'overloaded' };
      return refused(status, code, error.message);
    }
    this.#options.log.error({ err: error }, 'a WebRTC offer could not be answered');
    return refused(500, 'internal', 'the server failed at its own work');
  }
}

/** The publish protocol's own rules hold for what the address says. */
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
    throw new TypeError('the protocol changed its types');
  const { id, role, displayName } = track.participant;
  return { start, participant: { id, role: role ?? 'unknown', displayName: displayName ?? null } };
}
