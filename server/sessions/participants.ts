import type { Participant, RefusalCode } from '../../client-sdk/protocol/index.ts';
import type { Grant } from '../access/grant.ts';
import { mayTouch, names } from '../access/ownership.ts';
import { ServiceError } from '../service-error.ts';

interface Entry {
  participant: Participant;
  /** Who brought it. */
  holder: string;
  /** Whether the holder's token names it: then nobody's announcement counts against it. */
  isNamed: boolean;
  isRolePinned: boolean;
  /** Whether a track of it was opened. */
  isAnnounced: boolean;
}

/** What a claim came to. */
export interface Claimed {
  /** As the session knows it. */
  readonly participant: Participant;
  /** Whose it was until now, where a token that names the participant took it over. */
  readonly lostBy: string | null;
}

/** The participants of one session, and whose each one is. */
export class Participants {
  readonly #sessionId: string;
  readonly #max: number;
  readonly #entries = new Map<string, Entry>();

  /** @param max - participants over the session's life. */
  constructor(sessionId: string, max: number) {
    this.#sessionId = sessionId;
    this.#max = max;
  }

  /** Those of whom a track was opened, in that order. */
  get announced(): Participant[] {
    return [...this.#entries.values()].filter(({ isAnnounced }) => isAnnounced).map(({ participant }) => participant);
  }

  /** How many a holder brought. */
  countOf(holder: string): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.holder === holder) count += 1;
    return count;
  }

  /**
   * Claims a participant for the holder of a grant. It belongs to the holder that claimed it first. A token that names
   * session and participant takes it over from one that does not, with the role and the name that it tells. A role that
   * a token pins is that of its own participants only.
   *
   * @param maxOwn - participants that the holder may have.
   * @throws ServiceError `not-granted` when the grant is for another participant.
   */
  claim(candidate: Participant, grant: Grant, maxOwn: number): Claimed | RefusalCode {
    const { id } = candidate;
    if (grant.participant !== undefined && grant.participant !== id) {
      throw ServiceError.notGranted('The access token is for another participant.');
    }
    const claimed: Participant = { ...candidate, role: grant.role ?? candidate.role };
    const isNamed = names(grant, this.#sessionId, id);
    const known = this.#entries.get(id);
    if (known === undefined) {
      if (this.#entries.size >= this.#max) return 'too-many-tracks';
      if (this.countOf(grant.holder) >= maxOwn) return 'too-many-participants';
      this.#add(claimed, grant, isNamed);
      return { participant: claimed, lostBy: null };
    }
    if (isNamed && known.holder !== grant.holder) {
      const lostBy = known.isNamed ? null : known.holder;
      if (!known.isNamed || (grant.role !== undefined && !known.isRolePinned)) known.participant = claimed;
      known.holder = grant.holder;
      known.isRolePinned = grant.role !== undefined || (known.isNamed && known.isRolePinned);
      known.isNamed = true;
      return { participant: known.participant, lostBy };
    }
    const owned = { holder: known.holder, sessionId: this.#sessionId, participantId: id };
    return mayTouch(grant, owned) ? { participant: known.participant, lostBy: null } : 'participant-taken';
  }

  /** A track of the participant was opened. Where nobody has claimed it, it is the opener's. */
  announce(participant: Participant, opener: Grant): void {
    const known = this.#entries.get(participant.id) ?? this.#add(participant, opener, false);
    known.isAnnounced = true;
  }

  #add(participant: Participant, { holder, role }: Grant, isNamed: boolean): Entry {
    const entry = { participant, holder, isNamed, isRolePinned: role !== undefined, isAnnounced: false };
    this.#entries.set(participant.id, entry);
    return entry;
  }
}
