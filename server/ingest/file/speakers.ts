import { PARTICIPANT_ROLES, type Participant, type ParticipantRole } from '../../../client-sdk/protocol/index.ts';
import { RecordingError } from './recording-error.ts';

/** A day, in seconds. */
const MAX_OFFSET_S = 86_400;

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

/**
 * Reads `--offset`: when each file begins in the call, in seconds, separated by commas. A file without an offset begins
 * at 0.
 *
 * @returns ms per file.
 * @throws RecordingError `speakers-mismatch`.
 */
export function parseLegOffsets(list: string | undefined, fileCount: number): number[] {
  const offsets =
    list === undefined ? [] : list.split(',').map((entry) => (entry.trim() === '' ? Number.NaN : Number(entry)));
  if (offsets.some((seconds) => !(seconds >= 0 && seconds <= MAX_OFFSET_S))) {
    throw RecordingError.speakers('--offset is a list of seconds from 0 on, one per FILE, such as 0,1.2');
  }
  if (offsets.length > fileCount) {
    throw RecordingError.speakers(`--offset has ${offsets.length} entries, but there are ${fileCount} files`);
  }
  return Array.from({ length: fileCount }, (_, index) => Math.round((offsets[index] ?? 0) * 1000));
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
