import { ProtocolError } from '../../../client-sdk/protocol/index.ts';
import { type Attendee, readAttendee } from '../meetings/attendee.ts';
import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** What a participant's event reports. */
export type RecallChange = 'joined' | 'left' | 'webcam-on' | 'webcam-off';

/** The participant that a message is about. */
interface About {
  readonly recordingId: string;
  /** From the recording's metadata or the bot's. */
  readonly title: string | null;
  readonly attendee: Attendee;
}

interface Timed extends About {
  readonly atMs: number;
}

/** What Recall.ai sends to a real-time endpoint: https://docs.recall.ai/docs/real-time-event-payloads */
export type RecallMessage =
  /** Mono, 16 kHz, signed 16-bit little-endian, of one participant. */
  | (Timed & { readonly kind: 'audio'; readonly bytes: Uint8Array })
  /** A participant's camera, PNG, two pictures per second. */
  | (Timed & { readonly kind: 'picture'; readonly bytes: Uint8Array })
  /** `atMs` is the first word's time. Null: no word has a time. */
  | (About & { readonly kind: 'words'; readonly atMs: number | null; readonly message: ForeignObject })
  | (About & { readonly kind: 'change'; readonly change: RecallChange })
  /** The message identifies no participant. */
  | { readonly kind: 'unknown-participant' }
  /** Of no use here: chat, a shared screen. */
  | { readonly kind: 'other' }
  /** An event that this server does not read, such as the sound of all participants in one. */
  | { readonly kind: 'unknown'; readonly event: string };

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
      return about(envelope, data, (who) => ({ ...who, kind: 'audio', atMs: timeOf(data), bytes: bytesOf(data) }));
    case 'video_separate_png':
      // A shared screen shows nobody's face.
      if (data.type === 'screenshare') return OTHER;
      return about(envelope, data, (who) => ({ ...who, kind: 'picture', atMs: timeOf(data), bytes: bytesOf(data) }));
    case 'transcript':
      // A transcript message without words carries no text and no time.
      if ((action !== 'data' && action !== 'partial_data') || listOf(data.words).length === 0) return OTHER;
      return about(envelope, data, (who) => ({ ...who, kind: 'words', atMs: firstTimeOf(data), message }));
    case 'participant_events': {
      const change = CHANGES.get(action);
      return change === undefined ? OTHER : about(envelope, data, (who) => ({ ...who, kind: 'change', change }));
    }
    case 'bot':
    case 'recording':
      return OTHER;
    default:
      return { kind: 'unknown', event };
  }
}

function about(envelope: ForeignObject, data: ForeignObject, read: (who: About) => RecallMessage): RecallMessage {
  const recording = objectOf(envelope.recording);
  const recordingId = textOf(recording.id, 64);
  if (recordingId === null) throw ProtocolError.missingField('data.recording.id');
  const { id, name, is_host: isHost } = objectOf(data.participant);
  const attendee = readAttendee(id, name, isHost);
  if (attendee === null) return { kind: 'unknown-participant' };
  const title = textOf(objectOf(recording.metadata).title) ?? textOf(objectOf(objectOf(envelope.bot).metadata).title);
  return read({ recordingId, title, attendee });
}

function timeOf({ timestamp }: ForeignObject): number {
  const seconds = numberOf(objectOf(timestamp).relative);
  if (seconds === null) throw ProtocolError.missingField('data.data.timestamp.relative');
  return seconds * 1000;
}

/** The time of the first word that has one, in ms. Recall.ai may leave the time of any word out. */
function firstTimeOf({ words }: ForeignObject): number | null {
  for (const word of listOf(words)) {
    const seconds = numberOf(objectOf(objectOf(word).start_timestamp).relative);
    if (seconds !== null) return seconds * 1000;
  }
  return null;
}

function bytesOf({ buffer }: ForeignObject): Uint8Array {
  if (typeof buffer !== 'string') throw ProtocolError.missingField('data.data.buffer');
  return Buffer.from(buffer, 'base64');
}
