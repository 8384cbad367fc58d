import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ASKED_AUDIO } from '../../../../server/ingest/zoom/granted-audio.ts';
import {
  mediaRequest,
  parseRtmsMessage,
  signalingRequest,
  signHandshake,
} from '../../../../server/ingest/zoom/rtms-message.ts';
import { readRtmsWords } from '../../../../server/ingest/zoom/rtms-words.ts';
import { meetingIdOf, parseZoomWebhook } from '../../../../server/ingest/zoom/zoom-webhook.ts';

const { webhooks, signaling, media } = JSON.parse(
  readFileSync(new URL('../../../fixtures/zoom/documented-messages.json', import.meta.url), 'utf8'),
) as Record<'webhooks' | 'signaling' | 'media', Record<string, unknown>[]>;
const NAME = { meetingUuid: '4444AAAiAAAAAiAiAiiAii==', streamId: '609340fb2a7946909659956c8aa9250c' };
const JOHN = { id: '16778240', name: 'John Smith', isHost: false };

describe('Zoom’s webhooks', () => {
  it('tell where a stream is, that it broke, that it is over, and ask who we are', () => {
    expect(webhooks.map(parseZoomWebhook)).toEqual([
      { event: 'started', ...NAME, idField: 'meeting_uuid', serverUrl: 'wss://example.sjc.zoom.us:443' },
      { event: 'interrupted', streamId: NAME.streamId },
      { event: 'stopped', streamId: NAME.streamId, stopReason: 6 },
      { event: 'url-validation', plainToken: 'qgg8vlvZRS6UYooatFL8Aw' },
    ]);
    expect(parseZoomWebhook({ event: 'meeting.ended', payload: {} })).toEqual({
      event: 'other',
      name: 'meeting.ended',
    });
  });

  it.each([
    [{}, 'event'],
    [{ event: 'meeting.rtms_started', payload: { ...webhooks[1]!.payload! } }, 'payload.server_urls'],
    [{ event: 'meeting.rtms_stopped', payload: { meeting_uuid: 'x' } }, 'payload.rtms_stream_id'],
    [
      { event: 'meeting.rtms_started', payload: { meeting_uuid: 'a b', rtms_stream_id: 's', server_urls: 'x' } },
      'payload.meeting_uuid',
    ],
    [
      { event: 'endpoint.url_validation', payload: { plainToken: 'v0:1732313171:{"event":"x"}' } },
      'payload.plainToken',
    ],
  ])('are refused where something is missing: %j', (webhook, field) => {
    expect(() => parseZoomWebhook(webhook)).toThrow(expect.objectContaining({ field }));
  });

  it('name meetings in base64, which a session’s id is not', () => {
    expect(meetingIdOf('+/aAiAAAAAiAiAiiAii/+Q==')).toBe('-_aAiAAAAAiAiAiiAii_-Q');
  });
});

describe('a message of an RTMS server', () => {
  it('tells, on signaling, where the media is, what happened, and when it is over', () => {
    expect(signaling.map(parseRtmsMessage)).toEqual([
      { kind: 'signaling-response', status: 0, media: { url: 'wss://media.sjc.zoom.us:443', mediaTypes: 11 } },
      { kind: 'other' },
      { kind: 'event', event: 'left', attendeeIds: ['16778240', '16778241'] },
      { kind: 'event', event: 'video-on', attendeeIds: ['16778240'] },
      { kind: 'event', event: 'video-off', attendeeIds: ['16778240'] },
      { kind: 'event', event: 'media-interrupted', attendeeIds: [] },
      { kind: 'stream-state', state: 4, reason: 6 },
      { kind: 'other' },
      { kind: 'keep-alive', timestamp: 1727384349123 },
    ]);
  });

  it('brings, on media, sounds, pictures and words of people, and nothing of a shared screen', () => {
    const atMs = 1738392033699;
    expect(media.map(parseRtmsMessage)).toEqual([
      { kind: 'media-response', status: 0, audio: ASKED_AUDIO },
      { kind: 'audio', attendee: JOHN, atMs, bytes: Buffer.from([0, 0, 1, 0, 2, 0, 0xff, 0xff]) },
      { kind: 'picture', attendee: JOHN, atMs, bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) },
      { kind: 'words', attendee: { ...JOHN, id: '19778240' }, atMs: 1727384349000, message: media[3] },
      { kind: 'other' },
    ]);
  });

  it('is of nobody where its sound is everyone’s', () => {
    const mixed = { msg_type: 14, content: { user_id: 0, data: '', timestamp: 1 } };
    expect(parseRtmsMessage(mixed)).toMatchObject({ kind: 'audio', attendee: null });
  });

  it.each([
    [
      { msg_type: 2, status_code: 3 },
      { kind: 'signaling-response', status: 3, media: null },
    ],
    [
      { msg_type: 2, status_code: 0, media_server: { server_urls: { audio: 'wss://a.zoom.us' } } },
      { kind: 'signaling-response', status: 0, media: { url: 'wss://a.zoom.us', mediaTypes: 1 } },
    ],
    [
      {
        msg_type: 2,
        status_code: 0,
        media_server: { server_urls: { audio: 'x', transcript: 'x', all: 'wss://a.zoom.us' } },
      },
      { kind: 'signaling-response', status: 0, media: { url: 'wss://a.zoom.us', mediaTypes: 9 } },
    ],
  ])('asks for what the app’s scopes allow: %j', (message, expected) => {
    expect(parseRtmsMessage(message)).toEqual(expected);
  });

  it.each([
    [{}, 'msg_type'],
    [[], 'msg_type'],
    [{ msg_type: 2 }, 'status_code'],
    [{ msg_type: 14, content: { user_id: 1, timestamp: 1 } }, 'content.data'],
    [{ msg_type: 15, content: { user_id: 1, data: '' } }, 'content.timestamp'],
  ])('is refused where something is missing: %j', (message, field) => {
    expect(() => parseRtmsMessage(message)).toThrow(expect.objectContaining({ field }));
  });
});

describe('what we send', () => {
  it('is signed as Zoom documents it', () => {
    const signature = signHandshake(NAME, { clientId: 'client', clientSecret: 'secret' });
    // printf 'client,4444AAAiAAAAAiAiAiiAii==,609340fb2a7946909659956c8aa9250c' | openssl dgst -sha256 -hmac secret
    expect(signature).toBe('aaea4ac0a158a4cbb038df53b6a6feae1dcac5254e658859f957e567daf8509f');
    expect(signalingRequest(NAME, signature)).toMatchObject({
      msg_type: 1,
      sequence: 1,
      signature,
      buffer_data: false,
    });
  });

  it('asks for each speaker’s raw 16 kHz sound, and a few small JPEGs', () => {
    expect(mediaRequest(NAME, 's', 11)).toMatchObject({
      msg_type: 3,
      media_type: 11,
      media_params: {
        audio: { content_type: 2, sample_rate: 1, channel: 1, codec: 1, data_opt: 2 },
        video: { codec: 5, resolution: 1, data_opt: 3, fps: 5 },
      },
    });
  });
});

describe('Zoom’s words', () => {
  it('last from their first to their last moment, and are final', () => {
    expect(readRtmsWords(media[3])).toMatchObject([
      { startMs: 1727384100000, endMs: 1727384310000, text: 'Hi, hello world!', final: true },
    ]);
  });

  it('begin with their message where they have no other time', () => {
    const message = { msg_type: 17, content: { data: ' Yes ', start_time: 0, end_time: 0, timestamp: 1727384349000 } };
    expect(readRtmsWords(message)).toMatchObject([{ startMs: 1727384349000, endMs: 1727384349000, text: 'Yes' }]);
    expect(readRtmsWords(media[1])).toBeNull();
  });
});
