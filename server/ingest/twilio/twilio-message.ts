import { ProtocolError } from '../../../client-sdk/protocol/index.ts';
import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** The direction of a track from Twilio's side: `inbound` is what the caller says, `outbound` what the caller hears. */
export type TwilioTrackName = 'inbound' | 'outbound';

export const TWILIO_TRACKS = ['inbound', 'outbound'] as const satisfies readonly TwilioTrackName[];

export interface TwilioStart {
  readonly event: 'start';
  readonly sequence: number | null;
  /** Null if missing. */
  readonly accountSid: string | null;
  readonly streamSid: string;
  readonly callSid: string;
  readonly tracks: readonly TwilioTrackName[];
  /** Values of the TwiML's `<Parameter>` elements. */
  readonly parameters: ForeignObject;
}

export interface TwilioMedia {
  readonly event: 'media';
  readonly sequence: number | null;
  readonly track: TwilioTrackName;
  /** Since the start of the stream. */
  readonly timestampMs: number;
  /** µ-law, 8 kHz, mono. */
  readonly payload: Uint8Array;
}

/** What Twilio Media Streams sends: https://www.twilio.com/docs/voice/media-streams/websocket-messages */
export type TwilioMessage =
  | TwilioStart
  | TwilioMedia
  /** `other`: documented, and of no use here. */
  | { readonly event: 'connected' | 'stop' | 'other'; readonly sequence: number | null }
  | { readonly event: 'unknown'; readonly name: string; readonly sequence: number | null };

const OF_NO_USE = new Set(['dtmf', 'mark', 'clear']);

/**
 * Reads one message. Numbers may be written as text, as Twilio does. An event that Twilio does not document becomes `unknown`.
 *
 * @throws ProtocolError if a known message lacks a required field.
 */
export function parseTwilioMessage(value: unknown): TwilioMessage {
  const message = objectOf(value);
  const sequence = numberOf(message.sequenceNumber);
  switch (message.event) {
    case 'start':
      return parseStart(objectOf(message.start), sequence);
    case 'media':
      return parseMedia(objectOf(message.media), sequence);
    case 'connected':
    case 'stop':
      return { event: message.event, sequence };
    default:
      if (typeof message.event !== 'string') throw ProtocolError.missingField('event');
      if (OF_NO_USE.has(message.event)) return { event: 'other', sequence };
      return { event: 'unknown', name: message.event, sequence };
  }
}

/** What Twilio sends. Programs that imitate Twilio leave it out. */
const ONLY_FORMAT: ForeignObject = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };

function parseStart(start: ForeignObject, sequence: number | null): TwilioStart {
  const streamSid = textOf(start.streamSid);
  const callSid = textOf(start.callSid);
  if (streamSid === null) throw ProtocolError.missingField('start.streamSid');
  if (callSid === null) throw ProtocolError.missingField('start.callSid');
  const { encoding, sampleRate, channels } = { ...ONLY_FORMAT, ...objectOf(start.mediaFormat) };
  if (encoding !== ONLY_FORMAT.encoding || numberOf(sampleRate) !== 8000 || numberOf(channels) !== 1) {
    throw ProtocolError.invalidField('start.mediaFormat', 'audio/x-mulaw, 8000 Hz, one channel');
  }
  const tracks = TWILIO_TRACKS.filter((name) => listOf(start.tracks).includes(name));
  const accountSid = textOf(start.accountSid);
  const parameters = objectOf(start.customParameters);
  return { event: 'start', sequence, accountSid, streamSid, callSid, tracks, parameters };
}

function parseMedia(media: ForeignObject, sequence: number | null): TwilioMedia {
  const track = TWILIO_TRACKS.find((name) => name === media.track);
  if (track === undefined) throw ProtocolError.invalidField('media.track', 'inbound or outbound');
  const timestampMs = numberOf(media.timestamp);
  if (timestampMs === null) throw ProtocolError.missingField('media.timestamp');
  if (typeof media.payload !== 'string') throw ProtocolError.missingField('media.payload');
  return { event: 'media', sequence, track, timestampMs, payload: Buffer.from(media.payload, 'base64') };
}
