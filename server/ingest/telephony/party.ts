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

/** Roles of the two sides of a telephone call: the outside party and the house. */
export interface PartyRoles {
  readonly far: ParticipantRole;
  readonly near: ParticipantRole;
}

/**
 * The participant on a channel. Uses the parameters `<channel>Id`, `<channel>Role` and `<channel>Name`, and the
 * defaults for those that are missing or invalid.
 *
 * @param channel - the platform's name for the channel. It is the participant's default id.
 */
export function partyOf(channel: string, role: ParticipantRole, parameters: ForeignObject): Participant {
  const id = textOf(parameters[`${channel}Id`]);
  // An empty name counts as no name.
  const name = textOf(parameters[`${channel}Name`], MAX_DISPLAY_NAME_LENGTH) || null;
  const told = PARTICIPANT_ROLES.find((candidate) => candidate === parameters[`${channel}Role`]);
  return { id: id !== null && isId(id) ? id : channel, role: told ?? role, displayName: name };
}

/** Legs of one call that may bring the same channel at the same time, for example after a transfer. */
const MAX_SAME_NAME = 8;

export interface Voice {
  readonly participant: Participant;
  readonly track: IngestTrack;
}

/**
 * Opens the voice of a party. If this id is already taken in the call, the new id gets a number. That happens when
 * another leg brings the same party, as during a transfer, or when another participant has the id.
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
