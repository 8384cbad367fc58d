import {
  isId,
  MAX_DISPLAY_NAME_LENGTH,
  type Participant,
  type ParticipantRole,
} from '../../../client-sdk/protocol/index.ts';
import { numberOf, textOf } from '../sockets/foreign-json.ts';

/** Someone in a meeting, as its platform tells. */
export interface Attendee {
  /** The platform's own id, which is the participant's. */
  readonly id: string;
  readonly name: string | null;
  readonly isHost: boolean;
}

/** Roles of a meeting's participants; a platform that does not tell who the host is knows no host. */
export interface MeetingRoles {
  readonly attendee: ParticipantRole;
  readonly host: ParticipantRole;
}

/** Reads an attendee; null where there is no id to know it by. Platforms number people: 0 is nobody. */
export function readAttendee(id: unknown, name: unknown, isHost: unknown): Attendee | null {
  const number = numberOf(id);
  const told = number === null ? textOf(id) : number === 0 ? null : `${number}`;
  if (told === null || !isId(told)) return null;
  // A name that is empty, or longer than one may be, is none.
  return { id: told, name: textOf(name, MAX_DISPLAY_NAME_LENGTH) || null, isHost: isHost === true };
}

export function toParticipant({ id, name, isHost }: Attendee, roles: MeetingRoles): Participant {
  return { id, role: isHost ? roles.host : roles.attendee, displayName: name };
}
