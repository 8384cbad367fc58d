import {
  MAX_DISPLAY_NAME_LENGTH,
  MAX_ID_LENGTH,
  type Participant,
  type RefusalCode,
} from '../../client-sdk/protocol/index.ts';
import type { Grant } from '../access/grant.ts';
import { mayTouch, names } from '../access/ownership.ts';
import { ServiceError } from '../service-error.ts';

interface Entry {
  participant: Participant;
  /** Holder that brought the participant. */
  holder: string;
  /** Whether a token that names the participant has claimed it. If so, no holder has to release it any more. */
  isNamed: boolean;
  isRolePinned: boolean;
  /** Whether a track of the participant was opened. */
  isAnnounced: boolean;
}

/** A participant, and who holds it, as they are stored. Nobody holds a speaker who was told apart within a track. */
export type HeldParticipant = Readonly<Omit<Entry, 'holder'>> & { readonly holder: string | null };

const OF_NOBODY = { holder: null, isNamed: false, isRolePinned: false, isAnnounced: true } as const;

/** Result of a claim. */
export interface Claimed {
  /** The participant as the session knows it. */
  readonly participant: Participant;
  /** The previous holder, if a token that names the participant took it over. Otherwise null. */
  readonly lostBy: string | null;
}

/** The participants of one session and their holders. */
export class Participants {
  readonly #sessionId: string;
  readonly #max: number;
  readonly #entries = new Map<string, Entry>();
  /** Speakers that were told apart within a participant's track. */
  readonly #added = new Map<string, Participant>();

  /**
   * @param max - participants over the session's life.
   * @param before - those of the session before the server was started again.
   */
  constructor(sessionId: string, max: number, before: readonly HeldParticipant[] = []) {
    this.#sessionId = sessionId;
    this.#max = max;
    for (const { holder, ...entry } of before) {
      const { participant } = entry;
      if (holder === null) this.#added.set(participant.id, participant);
      else this.#entries.set(participant.id, { ...entry, holder });
    }
  }

  /** All participants with their holders, to be stored. */
  get held(): readonly HeldParticipant[] {
    const added = [...this.#added.values()].map((participant) => ({ ...OF_NOBODY, participant }));
    return [...this.#entries.values(), ...added];
  }

  /** Participants with at least one opened track, in the order of their claims, and then added speakers. */
  get announced(): Participant[] {
    const announced = [...this.#entries.values()].filter(({ isAnnounced }) => isAnnounced);
    return [...announced.map(({ participant }) => participant), ...this.#added.values()];
  }

  /**
   * Adds a speaker who was heard in a participant's track: `<id>-2`, or the next number that no participant has. It belongs
   * to nobody, so no source may claim it. Null: the session has as many as it may have.
   */
  addSpeaker({ id, displayName }: Participant): Participant | null {
    if (this.#added.size >= this.#max) return null;
    let number = 2;
    const numbered = () => `${id.slice(0, MAX_ID_LENGTH - String(number).length - 1)}-${number}`;
    while (this.#entries.has(numbered()) || this.#added.has(numbered())) number += 1;
    const name = displayName?.slice(0, MAX_DISPLAY_NAME_LENGTH - String(number).length - 3);
    const added: Participant = {
      id: numbered(),
      role: 'unknown',
      displayName: name === undefined ? null : `${name} (${number})`,
    };
    this.#added.set(added.id, added);
    return added;
  }

  /** Number of participants of a holder. */
  countOf(holder: string): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.holder === holder) count += 1;
    return count;
  }

  /**
   * Claims a participant for the holder of a grant. It belongs to the first holder that claims it. A token that names
   * session and participant takes it over from a holder whose token does not. The participant then gets the role and
   * name of the new claim. The role that a token sets applies only to its holder's own participants.
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
    if (this.#added.has(id)) return 'participant-taken';
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

  /**
   * Notes that a track of the participant was opened. If nobody has claimed the participant, it belongs to the
   * session's opener.
   */
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
