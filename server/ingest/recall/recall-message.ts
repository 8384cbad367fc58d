import { ProtocolError } from '../../../client-sdk/protocol/index.ts';
import { type Attendee, readAttendee } from '../meetings/attendee.ts';
import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** What a participant's event reports. */
export type RecallChange = 'joined' | 'left' | 'webcam-on' | 'webcam-off';

/** The participant that a message is about, and its time in ms of the recording. */
interface About {
  readonly recordingId: string;
  /** From the recording's metadata or the bot's. */
  readonly title: string | null;
  readonly attendee: Attendee;
  readonly atMs: number;
}

/** What Recall.ai sends to a real-time endpoint: https://docs.recall.ai/docs/real-time-event-payloads */
export type RecallMessage =
  /** Mono, 16 kHz, signed 16-bit little-endian, of one participant. */
  | (About & { readonly kind: 'audio'; readonly bytes: Uint8Array })
  /** A participant's camera, PNG, two pictures per second. */
  | (About & { readonly kind: 'picture'; readonly bytes: Uint8Array })
  | (About & { readonly kind: 'words'; readonly message: unknown })
  | (About & { readonly kind: 'change'; readonly change: RecallChange })
  /** The message identifies no participant. */
  | { readonly kind: 'unknown-participant' }
  /** Ignored: chat, a shared screen, mixed sound, unknown kinds. */
  | { readonly kind: 'other' };

const CHANGES: ReadonlyMap<string, RecallChange> = new Map([
  ['join', 'joined'],
  ['leave', 'left'],
  ['webcam_on', 'webcam-on'],
  ['webcam_off', 'webcam-off'],
]);

const OTHER = { kind: 'other' } as const;

/**
 * Reads one message.
 *
 * @throws ProtocolError if a known message lacks a required field.
 */
export function parseRecallMessage(value: unknown): RecallMessage {
  const message = objectOf(value);
  const { event } = message;
  if (typeof event !== 'string') throw ProtocolError.missingField('event');
  const envelope = objectOf(message.data);
  const data = objectOf(envelope.data);
  const [topic, action = ''] = event.split('.', 2);
  switch (topic) {
    case 'audio_separate_raw':
      return about(envelope, data, (who) => ({ ...who, kind: 'audio', bytes: bytesOf(data) }));
    case 'video_separate_png':
      // A shared screen shows nobody's face.
      if (data.type === 'screenshare') return OTHER;
      return about(envelope, data, (who) => ({ ...who, kind: 'picture', bytes: bytesOf(data) }));
    case 'transcript':
      // A transcript message without words carries no text and no time.
      if ((action !== 'data' && action !== 'partial_data') || listOf(data.words).length === 0) return OTHER;
      return about(envelope, data, (who) => ({ ...who, kind: 'words', message }));
    case 'participant_events': {
      const change = CHANGES.get(action);
      return change === undefined ? OTHER : about(envelope, data, (who) => ({ ...who, kind: 'change', change }));
    }
    default:
      return OTHER;
  }
}

function about(envelope: ForeignObject, data: ForeignObject, read: (who: About) => RecallMessage): RecallMessage {
  const recording = objectOf(envelope.recording);
  const recordingId = textOf(recording.id, 64);
  if (recordingId === null) throw ProtocolError.missingField('data.recording.id');
  const seconds = secondsOf(data);
  if (seconds === null) throw ProtocolError.missingField('data.data.timestamp.relative');
  const { id, name, is_host: isHost } = objectOf(data.participant);
  const attendee = readAttendee(id, name, isHost);
  if (attendee === null) return { kind: 'unknown-participant' };
  const title = textOf(objectOf(recording.metadata).title) ?? textOf(objectOf(objectOf(envelope.bot).metadata).title);
  return read({ recordingId, title, attendee, atMs: seconds * 1000 });
}

/** For words, the time is that of the first word. */
function secondsOf({ timestamp, words }: ForeignObject): number | null {
  const told = Array.isArray(words) ? objectOf(words[0]).start_timestamp : timestamp;
  return numberOf(objectOf(told).relative);
}

function bytesOf({ buffer }: ForeignObject): Uint8Array {
  if (typeof buffer !== 'string') throw ProtocolError.missingField('data.data.buffer');
  return Buffer.from(buffer, 'base64');
}
