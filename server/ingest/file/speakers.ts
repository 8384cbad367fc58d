import { PARTICIPANT_ROLES, type Participant, type ParticipantRole } from '../../../client-sdk/protocol/index.ts';
import { RecordingError } from './recording-error.ts';

/**
 * Reads `--speakers`: comma-separated, one entry per channel, each `name`, `role` or `role:name`
 * (`customer:Dana,agent:Sam`). An entry that equals a role is that role.
 *
 * @throws RecordingError `speakers-mismatch`.
 */
export function parseSpeakers(list: string): Participant[] {
  const participants = list.split(',').map((entry, index): Participant => {
    const [first = '', ...rest] = entry.trim().split(':');
    const name = rest.join(':').trim();
    const role = PARTICIPANT_ROLES.find((known) => known === first.trim().toLowerCase());
    if (first.trim() === '' || (rest.length > 0 && (role === undefined || name === ''))) {
      throw RecordingError.speakers(
        `--speakers entry ${index + 1} is not a name, or role:name with a role of ${PARTICIPANT_ROLES.join(', ')}`,
      );
    }
    return participant(index, role ?? 'unknown', name === '' ? first.trim() : name);
  });
  const names = new Set(participants.map((p) => p.displayName?.toLowerCase()));
  if (names.size < participants.length) throw RecordingError.speakers('--speakers names the same speaker twice');
  return participants;
}

/**
 * Reads `--transcript-offset`: seconds that are added to all times of the transcript. Null: it is estimated.
 *
 * @throws RecordingError `transcript-unreadable`.
 */
export function parseTranscriptOffset(seconds: string | undefined): number | null {
  if (seconds === undefined) return null;
  const value = Number(seconds.replace(',', '.').replace('−', '-'));
  if (seconds.trim() === '' || !Number.isFinite(value)) {
    throw new RecordingError('transcript-unreadable', '--transcript-offset is a number of seconds, such as -4 or 1.5');
  }
  return Math.round(value * 1000);
}

/** Default speakers of a recording with `channelCount` channels. A recording without sound has one. */
export function defaultSpeakers(channelCount: number): Participant[] {
  return Array.from({ length: Math.max(1, channelCount) }, (_, index) =>
    participant(index, 'unknown', `Speaker ${index + 1}`),
  );
}

function participant(index: number, role: ParticipantRole, displayName: string): Participant {
  return { id: `speaker-${index + 1}`, role, displayName };
}
