import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../../../pipeline/index.ts';
import type { Grant } from '../../../access/grant.ts';
import type { AskAdmission } from '../../../admission.ts';
import { type OfferAnswered, type OfferRefused, refuseOffer } from '../../../ports/offer-outcome.ts';
import type { IceServers } from '../ice-servers.ts';
import { Resources } from '../resources.ts';
import { writeAnswer } from '../sdp/answer.ts';
import { chooseSentCodecs } from '../sdp/choose-codecs.ts';
import { type Offer, OfferError, parseOffer } from '../sdp/offer.ts';
import type { WebRtcPublisher } from '../webrtc-publisher.ts';
import { Listener } from './listener.ts';

export interface WhepEndpointOptions {
  /** Whether the media side can forward media. */
  readonly isSupported: boolean;
  /** Whether a session accepts media. */
  readonly isLive: (sessionId: string) => boolean;
  /** The WebRTC publisher of a participant in a session. */
  readonly find: (sessionId: string, participantId: string) => WebRtcPublisher | undefined;
  /** Called before another listener is admitted. */
  readonly refuse: AskAdmission;
  readonly helloTimeoutMs: number;
  readonly iceServers: IceServers;
  readonly clock: Clock;
  readonly meter: ListenerMeter;
  readonly log: Logger;
}

/** Counts listeners. */
export interface ListenerMeter {
  listenerJoined(): void;
}

/** The publisher to listen to. */
export interface WhepQuery {
  readonly session?: string | undefined;
  readonly participant?: string | undefined;
}

/** Listeners that one publisher may have. */
export const MAX_LISTENERS = 8;

/** WHEP (draft-ietf-wish-whep): forwards a live publisher's media to peers that only listen. */
export class WhepEndpoint {
  readonly #options: WhepEndpointOptions;
  readonly #listeners = new Set<Listener>();
  readonly #resources = new Resources<Listener>('listener');

  constructor(options: WhepEndpointOptions) {
    this.#options = options;
  }

  /** Listeners that are connected or about to be. */
  get openCount(): number {
    return this.#listeners.size;
  }

  /** The ICE servers, for a client that asks for them before its offer. */
  links(): string[] {
    return this.#options.iceServers.links();
  }

  /** Answers an offer with the media of the publisher that the query names. */
  async offer(sdp: string, query: WhepQuery, grant: Grant): Promise<OfferAnswered | OfferRefused> {
    const publisher = this.#publisherOf({ ...query, session: query.session ?? grant.session }, grant);
    if ('kind' in publisher) return publisher;
    const resourceId = randomBytes(16).toString('hex');
    const { clock, helloTimeoutMs, log, meter } = this.#options;
    const sessionId = publisher.part.session.id;
    const listener = new Listener({
      publisher,
      helloTimeoutMs,
      clock,
      onClosed: () => {
        this.#listeners.delete(listener);
        this.#resources.delete(resourceId);
        log.info({ sessionId, resourceId }, 'a listener left');
      },
    });
    this.#listeners.add(listener);
    log.info({ sessionId, resourceId }, 'a listener joined');
    try {
      const answer = await answerOffer(parseOffer(sdp), listener);
      const owner = { holder: grant.holder, sessionId, participantId: null };
      const etag = this.#resources.add(resourceId, listener, owner);
      if (!this.#listeners.has(listener)) {
        this.#resources.delete(resourceId);
        return notPublishing();
      }
      meter.listenerJoined();
      const links = this.#options.iceServers.links(resourceId.slice(0, 12));
      return { kind: 'answered', resourceId, answer, etag, links };
    } catch (error) {
      listener.close();
      if (this.#options.find(sessionId, publisher.participant.id) !== publisher) return notPublishing();
      if (error instanceof OfferError) return refuseOffer(422, 'unacceptable-offer', error.message);
      log.error({ err: error, sessionId }, 'a listener’s offer could not be answered');
      return refuseOffer(500, 'internal', 'the server failed at its own work');
    }
  }

  /** Takes a client's candidates. Null: accepted. */
  trickle(resourceId: string, grant: Grant, ifMatch: string | undefined, fragment: string): OfferRefused | null {
    return this.#resources.trickle(resourceId, grant, ifMatch, fragment);
  }

  /** Ends a listener, or takes note of one that closed its connection first. False if the holder has none with this id. */
  end(resourceId: string, grant: Grant): boolean {
    this.#resources.get(resourceId, grant)?.close();
    return this.#resources.takeGone(resourceId, grant) !== undefined;
  }

  /** Ends every listener. */
  close(): void {
    for (const listener of [...this.#listeners]) listener.close();
  }

  #publisherOf({ session, participant }: WhepQuery, grant: Grant): WebRtcPublisher | OfferRefused {
    const { isSupported, isLive, find, refuse } = this.#options;
    if (!isSupported) {
      const message =
        'this server passes no media on: start it with --webrtc mediasoup to listen in, or subscribe to the events';
      return refuseOffer(501, 'not-supported', message);
    }
    const refusal = refuse();
    if (refusal !== null) return refuseOffer(503, refusal, 'no further listener can be taken now; try again later');
    if (session === undefined || participant === undefined) {
      return refuseOffer(400, 'bad-request', 'the address must name a session and a participant');
    }
    if (grant.session !== undefined && session !== grant.session) {
      return refuseOffer(403, 'forbidden', 'The access token is for another session.');
    }
    if (!isLive(session)) return refuseOffer(404, 'unknown-session', 'there is no live session with this id');
    const publisher = find(session, participant);
    if (publisher === undefined) return notPublishing();
    const listeners = [...this.#listeners].filter((listener) => listener.publisher === publisher).length;
    return listeners < MAX_LISTENERS
      ? publisher
      : refuseOffer(503, 'overloaded', `${MAX_LISTENERS} listen to this participant already`);
  }
}

function notPublishing(): OfferRefused {
  return refuseOffer(409, 'not-publishing', 'this participant does not publish by WebRTC now; try again later');
}

async function answerOffer(offer: Offer, listener: Listener): Promise<string> {
  const { publisher, handlers } = listener;
  const chosen = chooseSentCodecs(offer, publisher.codecs);
  if (chosen.size === 0)
    throw new OfferError('the offer has no section for a kind of media that this participant sends');
  const passedOn = await publisher.passOn({ offer, chosen, handlers });
  if (passedOn === null) throw new TypeError('this transport cannot forward media');
  listener.connect(passedOn);
  return writeAnswer({
    offer,
    chosen,
    local: passedOn.local,
    sent: passedOn.sent,
    hasChannels: false,
    maxMessageBytes: 0,
    sessionNumber: randomBytes(6).readUIntBE(0, 6),
  });
}
