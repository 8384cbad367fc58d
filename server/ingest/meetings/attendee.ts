import {
  isId,
  MAX_DISPLAY_NAME_LENGTH,
  type Participant,
  type ParticipantRole,
} from '../../../client-sdk/protocol/index.ts';
import { numberOf, textOf } from '../sockets/foreign-json.ts';

/** Someone in a meeting, as the platform describes them. */
export interface Attendee {
  /** The platform's own id. It becomes the participant's id. */
  readonly id: string;
  readonly name: string | null;
  readonly isHost: boolean;
}

/** Roles of a meeting's participants. If the platform does not say who the host is, nobody gets the host's role. */
export interface MeetingRoles {
  readonly attendee: ParticipantRole;
  readonly host: ParticipantRole;
}

/** Reads an attendee. Null if there is no id. Platforms number people, and 0 means nobody. */
export function readAttendee(id: unknown, name: unknown, isHost: unknown): Attendee | null {
  const number = numberOf(id);
  const told = number === null ? textOf(id) : number === 0 ? null : `${number}`;
  if (told === null || !isId(told)) return null;
  // An empty or overlong name counts as no name.
  return { id: told, name: textOf(name, MAX_DISPLAY_NAME_LENGTH) || null, isHost: isHost === true };
}

export function toParticipant({ id, name, isHost }: Attendee, roles: MeetingRoles): Participant {
  return { id, role: isHost ? roles.host : roles.attendee, displayName: name };
}
