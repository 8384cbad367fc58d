import { randomBytes } from 'node:crypto';
import type { Grant } from '../../access/grant.ts';
import { mayTouch, type Ownership } from '../../access/ownership.ts';
import { type OfferRefused, refuseOffer } from '../../ports/offer-outcome.ts';

interface Entry<Peer> {
  readonly peer: Peer;
  readonly etag: string;
  readonly owner: Ownership;
}

/** Peers that are remembered after they have gone. The oldest is forgotten first. */
const MAX_GONE = 64;

/**
 * The peers whose offers were answered. Each has its own address, and an entity tag for its ICE session. Only the
 * holder that made the offer, and holders that may change any participant, can see a peer.
 */
export class Resources<Peer> {
  readonly #what: 'publisher' | 'listener';
  readonly #entries = new Map<string, Entry<Peer>>();
  /** Peers that closed their connection before their resource was deleted. */
  readonly #gone = new Map<string, Entry<Peer>>();

  constructor(what: 'publisher' | 'listener') {
    this.#what = what;
  }

  get size(): number {
    return this.#entries.size;
  }

  get values(): Peer[] {
    return [...this.#entries.values()].map(({ peer }) => peer);
  }

  get(resourceId: string, grant: Grant): Peer | undefined {
    return this.#entryOf(resourceId, grant)?.peer;
  }

  /** @returns the entity tag. */
  add(resourceId: string, peer: Peer, owner: Ownership): string {
    const etag = `"${randomBytes(8).toString('hex')}"`;
    this.#entries.set(resourceId, { peer, etag, owner });
    return etag;
  }

  /** The peer has gone. Its owner can still {@link takeGone} it. */
  delete(resourceId: string): void {
    const entry = this.#entries.get(resourceId);
    if (entry === undefined) return;
    this.#entries.delete(resourceId);
    this.#gone.set(resourceId, entry);
    for (const oldest of this.#gone.keys()) {
      if (this.#gone.size <= MAX_GONE) break;
      this.#gone.delete(oldest);
    }
  }

  /** Nobody has to end this peer any more. */
  forgetGone(resourceId: string): void {
    this.#gone.delete(resourceId);
  }

  /** Forgets a peer that has gone, and returns it. Undefined if the holder has none with this id. */
  takeGone(resourceId: string, grant: Grant): Peer | undefined {
    const entry = this.#gone.get(resourceId);
    if (entry === undefined || !mayTouch(grant, entry.owner)) return undefined;
    this.#gone.delete(resourceId);
    return entry.peer;
  }

  /**
   * Takes a client's candidates (RFC 9725, 4.3). This server is ICE-lite and does not need them: it answers wherever a
   * signed check comes from.
   *
   * @returns null if they were accepted.
   */
  trickle(resourceId: string, grant: Grant, ifMatch: string | undefined, fragment: string): OfferRefused | null {
    const entry = this.#entryOf(resourceId, grant);
    if (entry === undefined)
      return refuseOffer(404, `unknown-${this.#what}`, `there is no ${this.#what} at this address`);
    if (ifMatch === undefined)
      return refuseOffer(428, 'precondition-required', 'If-Match must name the ETag of the answer');
    if (ifMatch === '*') return refuseOffer(422, 'no-ice-restart', 'ICE restarts are not supported; make a new offer');
    if (ifMatch !== entry.etag) return refuseOffer(412, 'precondition-failed', 'the ICE session of this ETag is over');
    return /^a=(?:candidate|end-of-candidates|ice-ufrag|mid)/m.test(fragment)
      ? null
      : refuseOffer(400, 'bad-request', 'the body is no ICE fragment');
  }

  #entryOf(resourceId: string, grant: Grant): Entry<Peer> | undefined {
    const entry = this.#entries.get(resourceId);
    return entry !== undefined && mayTouch(grant, entry.owner) ? entry : undefined;
  }
}
