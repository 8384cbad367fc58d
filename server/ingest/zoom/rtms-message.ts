import { createHmac } from 'node:crypto';
import { ProtocolError } from '../../../client-sdk/protocol/index.ts';
import { type Attendee, readAttendee } from '../meetings/attendee.ts';
import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { type GrantedAudio, grantedAudioOf } from './granted-audio.ts';
import type { ZoomStreamName } from './zoom-webhook.ts';

/** Events about participants and media on the signaling connection. */
export type RtmsEvent = 'left' | 'video-on' | 'video-off' | 'media-interrupted';

/** What Zoom's RTMS servers send: https://developers.zoom.us/docs/rtms/event-reference/ */
export type RtmsMessage =
  | { readonly kind: 'signaling-response'; readonly status: number; readonly media: RtmsMediaServer | null }
  | { readonly kind: 'media-response'; readonly status: number; readonly audio: GrantedAudio | null }
  | { readonly kind: 'event'; readonly event: RtmsEvent; readonly attendeeIds: readonly string[] }
  | { readonly kind: 'stream-state'; readonly state: number; readonly reason: number | null }
  | { readonly kind: 'keep-alive'; readonly timestamp: unknown }
  /** In the granted codec. Null attendee: the mix of everyone, or somebody without an id. */
  | { readonly kind: 'audio'; readonly attendee: Attendee | null; readonly atMs: number; readonly bytes: Uint8Array }
  /** A picture of the active speaker. */
  | { readonly kind: 'picture'; readonly attendee: Attendee | null; readonly atMs: number; readonly bytes: Uint8Array }
  /** `atMs` is null if the message has no time. */
  | {
      readonly kind: 'words';
      readonly attendee: Attendee | null;
      readonly atMs: number | null;
      readonly message: ForeignObject;
    }
  /** Documented, and of no use here. */
  | { readonly kind: 'other' }
  /** A message type that this server does not know. */
  | { readonly kind: 'unknown'; readonly type: number };

/** Address of the media server, and the kinds of media that the app may receive, as bits. */
export interface RtmsMediaServer {
  readonly url: string;
  readonly mediaTypes: number;
}

/** `RTMS_MESSAGE_TYPE`. */
const TYPE = {
  signalingRequest: 1,
  signalingResponse: 2,
  mediaRequest: 3,
  mediaResponse: 4,
  eventSubscription: 5,
  event: 6,
  ready: 7,
  streamState: 8,
  keepAlive: 12,
  keepAliveResponse: 13,
  audio: 14,
  video: 15,
  transcript: 17,
} as const;

/** Types that need no action: this app's own requests, session states, a shared screen, chat. */
const OF_NO_USE: ReadonlySet<number> = new Set([1, 3, 5, 7, 9, 10, 11, 13, 16, 18]);

/** `RTMS_EVENT_TYPE`. Joining needs no event, because people are known by what they send. */
const EVENTS: Readonly<Record<number, RtmsEvent>> = {
  4: 'left',
  7: 'media-interrupted',
  8: 'video-on',
  9: 'video-off',
};
/** Events that Zoom sends only to subscribers. */
const SUBSCRIBED_EVENTS = [4, 8, 9];

/** `MEDIA_DATA_TYPE`, by the media servers' names. */
const MEDIA_TYPES = { audio: 1, video: 2, transcript: 8 } as const;
const ALL_MEDIA = MEDIA_TYPES.audio | MEDIA_TYPES.video | MEDIA_TYPES.transcript;

/** `RTMS_STREAM_STATE`: the stream has ended. */
export const STREAM_TERMINATED = 4;

/** Sound per packet, in ms: a multiple of 20. */
const SEND_RATE_MS = 100;
/** Pictures per second: the maximum for JPEG. The face stage could use somewhat more. */
const PICTURES_PER_SECOND = 5;

export interface RtmsCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Signs a handshake. */
export function signHandshake(name: ZoomStreamName, { clientId, clientSecret }: RtmsCredentials): string {
  return createHmac('sha256', clientSecret).update(`${clientId},${name.meetingUuid},${name.streamId}`).digest('hex');
}

/** A webinar is a meeting, too. */
function idOf({ meetingUuid, idField = 'meeting_uuid' }: ZoomStreamName): object {
  return { ...(idField === 'webinar_uuid' && { meeting_uuid: meetingUuid }), [idField]: meetingUuid };
}

export function signalingRequest(name: ZoomStreamName, signature: string): object {
  return {
    msg_type: TYPE.signalingRequest,
    protocol_version: 1,
    sequence: 1,
    ...idOf(name),
    rtms_stream_id: name.streamId,
    signature,
    // Zoom's buffering would shift sound against pictures.
    buffer_data: false,
  };
}

/** Requests raw sound per participant, small pictures of the active speaker, and words. */
export function mediaRequest(name: ZoomStreamName, signature: string, mediaTypes: number): object {
  return {
    msg_type: TYPE.mediaRequest,
    protocol_version: 1,
    sequence: 1,
    ...idOf(name),
    rtms_stream_id: name.streamId,
    signature,
    media_type: mediaTypes,
    payload_encryption: false,
    media_params: {
      // Raw, 16 kHz, mono, L16, one stream per speaker.
      audio: { content_type: 2, sample_rate: 1, channel: 1, codec: 1, data_opt: 2, send_rate: SEND_RATE_MS },
      // Raw, JPEG, up to 854 × 480, of the active speaker.
      video: { content_type: 3, codec: 5, resolution: 1, data_opt: 3, fps: PICTURES_PER_SECOND },
      transcript: { content_type: 5 },
    },
  };
}

/** Sent over the signaling connection once media may come. */
export function readyMessage({ streamId }: ZoomStreamName): object {
  return { msg_type: TYPE.ready, rtms_stream_id: streamId };
}

export function eventSubscription(): object {
  return {
    msg_type: TYPE.eventSubscription,
    events: SUBSCRIBED_EVENTS.map((event) => ({ event_type: event, subscribe: true })),
  };
}

export function keepAliveResponse(timestamp: unknown): object {
  return { msg_type: TYPE.keepAliveResponse, timestamp };
}

/** @throws ProtocolError if a known message lacks a required field. */
export function parseRtmsMessage(value: unknown): RtmsMessage {
  const message = objectOf(value);
  // In an older form, the content is the data, and its other fields are in the message itself.
  const content =
    typeof message.content === 'string' ? { ...message, data: message.content } : objectOf(message.content);
  switch (message.msg_type) {
    case TYPE.signalingResponse:
      return { kind: 'signaling-response', status: statusOf(message), media: mediaServerOf(message) };
    case TYPE.mediaResponse:
      return { kind: 'media-response', status: statusOf(message), audio: grantedAudioOf(message) };
    case TYPE.event:
      return parseEvent(objectOf(message.event));
    case TYPE.streamState:
      return { kind: 'stream-state', state: numberOf(message.state) ?? 0, reason: numberOf(message.reason) };
    case TYPE.keepAlive:
      return { kind: 'keep-alive', timestamp: message.timestamp };
    case TYPE.audio:
      return { kind: 'audio', attendee: attendeeOf(content), atMs: timeOf(content), bytes: bytesOf(content) };
    case TYPE.video:
      return { kind: 'picture', attendee: attendeeOf(content), atMs: timeOf(content), bytes: bytesOf(content) };
    case TYPE.transcript:
      return {
        kind: 'words',
        attendee: attendeeOf(content),
        atMs: timeOfWords(content),
        message: { ...message, content },
      };
    default: {
      const type = numberOf(message.msg_type);
      if (type === null) throw ProtocolError.missingField('msg_type');
      return OF_NO_USE.has(type) ? { kind: 'other' } : { kind: 'unknown', type };
    }
  }
}

function statusOf({ status_code: status }: ForeignObject): number {
  const code = numberOf(status);
  if (code === null) throw ProtocolError.missingField('status_code');
  return code;
}

/** The server for all kinds of media. The listed URLs show which media this app may receive. */
function mediaServerOf({ media_server: server }: ForeignObject): RtmsMediaServer | null {
  const urls = objectOf(objectOf(server).server_urls);
  const url = textOf(urls.all) ?? textOf(urls.audio);
  if (url === null) return null;
  let mediaTypes = 0;
  for (const [name, bit] of Object.entries(MEDIA_TYPES)) if (textOf(urls[name]) !== null) mediaTypes |= bit;
  if (textOf(urls.all) === null) return { url, mediaTypes: MEDIA_TYPES.audio };
  return { url, mediaTypes: mediaTypes === 0 ? ALL_MEDIA : mediaTypes };
}

function parseEvent(event: ForeignObject): RtmsMessage {
  const known = EVENTS[numberOf(event.event_type) ?? 0];
  if (known === undefined) return { kind: 'other' };
  const attendeeIds = listOf(event.participants)
    .map((participant) => readAttendee(objectOf(participant).user_id, null, false)?.id)
    .filter((id) => id !== undefined);
  return { kind: 'event', event: known, attendeeIds };
}

function attendeeOf({ user_id: id, user_name: name }: ForeignObject): Attendee | null {
  return readAttendee(id, name, false);
}

function timeOf({ timestamp }: ForeignObject): number {
  const atMs = numberOf(timestamp);
  if (atMs === null) throw ProtocolError.missingField('content.timestamp');
  return atMs;
}

function timeOfWords({ start_time: start, timestamp }: ForeignObject): number | null {
  return numberOf(timestamp) ?? numberOf(start);
}

function bytesOf({ data }: ForeignObject): Uint8Array {
  if (typeof data !== 'string') throw ProtocolError.missingField('content.data');
  return Buffer.from(data, 'base64');
}
