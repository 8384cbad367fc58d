import {
  isId,
  MAX_DISPLAY_NAME_LENGTH,
  PARTICIPANT_ROLES,
  type Participant,
  type ParticipantRole,
  type RefusalCode,
} from '../../../client-sdk/protocol/index.ts';
import type { CallPart } from '../admission/call-part.ts';
import { type ForeignObject, textOf } from '../sockets/foreign-json.ts';
import type { IngestTrack } from '../tracks/ingest-track.ts';

/** Roles of the two sides of a telephone call: the party outside, and the one of the house. */
export interface PartyRoles {
  readonly far: ParticipantRole;
  readonly near: ParticipantRole;
}

/**
 * Who is on a channel: its `<channel>Id`, `<channel>Role` and `<channel>Name` where the platform was told to send them,
 * the defaults where it was not or where they are none.
 *
 * @param channel - the platform's own name for it, which is the participant's id by default.
 */
export function partyOf(channel: string, role: ParticipantRole, parameters: ForeignObject): Participant {
  const id = textOf(parameters[`${channel}Id`]);
  // A name that is empty is none.
  const name = textOf(parameters[`${channel}Name`], MAX_DISPLAY_NAME_LENGTH) || null;
  const told = PARTICIPANT_ROLES.find((candidate) => candidate === parameters[`${channel}Role`]);
  return { id: id !== null && isId(id) ? id : channel, role: told ?? role, displayName: name };
}

/** Legs of one call that may bring the same channel at the same time, as after a transfer. */
const MAX_SAME_NAME = 8;

export interface Voice {
  readonly participant: Participant;
  readonly track: IngestTrack;
}

/**
 * Opens the voice of a party. Where another leg of the same call already brings a participant of this id, as during a
 * transfer, or somebody else does, the newcomer's id gets a number.
 */
export function openVoice(part: CallPart, party: Participant): Voice | RefusalCode {
  for (let n = 1; ; n += 1) {
    const participant = n === 1 ? party : { ...party, id: `${party.id}-${n}` };
    const track = part.addTrack({ media: 'audio', participant });
    if (typeof track !== 'string') return { participant, track };
    const isTaken = track === 'duplicate-track' || track === 'participant-taken';
    if (!isTaken || n === MAX_SAME_NAME) return track;
  }
}
