import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { encodeMediaPacket, PUBLISH_SUBPROTOCOL, SUBSCRIBE_SUBPROTOCOL } from '../../../client-sdk/index.ts';
import { mutateBytes, mutateJson } from '../../support/fuzz/mutate.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import { besideCall } from '../beside-call.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

/** A way in: what a well-behaved source sends, in its order. Objects are texts, bytes are binary messages. */
interface Way {
  readonly path: string;
  readonly subprotocols: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly messages: readonly (object | Uint8Array)[];
}

const SOUND = new Uint8Array(640);
const BASE64 = Buffer.from(SOUND).toString('base64');
const UUID = 'e160e428-53b2-487c-977d-96989bf5c99d';
const PARTICIPANT = { id: 'ann', role: 'customer', displayName: 'Ann' };
const RECALL = { recording: { id: 'rec-1', metadata: {} }, bot: { id: 'bot', metadata: {} } };
const ANN = { id: 1, name: 'Ann', is_host: true };

const WAYS: readonly Way[] = [
  {
    path: '/v1/publish',
    subprotocols: [PUBLISH_SUBPROTOCOL],
    messages: [
      { type: 'session.start', version: 1, title: 'a call' },
      {
        type: 'track.add',
        track: 0,
        participant: PARTICIPANT,
        media: { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 16_000 },
      },
      { type: 'track.add', track: 1, participant: PARTICIPANT, media: { kind: 'video', encoding: 'face-gray-64' } },
      { type: 'track.add', track: 2, participant: PARTICIPANT, media: { kind: 'transcript' } },
      encodeMediaPacket({ kind: 'audio', track: 0, mediaTimeMs: 0, payload: SOUND }),
      encodeMediaPacket({ kind: 'video', track: 1, mediaTimeMs: 0, payload: SOUND }),
      { type: 'transcript', track: 2, segmentId: 'a', startMs: 0, endMs: 900, text: 'hello there', final: true },
      {
        type: 'transcript.result',
        tracks: [2],
        source: 'aws',
        result: {
          UtteranceEvent: {
            UtteranceId: 'u',
            IsPartial: false,
            BeginOffsetMillis: 0,
            EndOffsetMillis: 9,
            Transcript: 'a',
            Items: [
              { Content: 'a', Type: 'pronunciation' },
              { Content: '.', Type: 'punctuation' },
            ],
          },
        },
      },
      { type: 'track.end', track: 0 },
      { type: 'session.end' },
    ],
  },
  {
    // An object where a word belongs, which cannot even be made a text.
    path: '/v1/publish',
    subprotocols: [PUBLISH_SUBPROTOCOL],
    messages: [
      { type: 'session.start', version: 1 },
      { type: 'track.add', track: 0, participant: PARTICIPANT, media: { kind: 'transcript' } },
      {
        type: 'transcript.result',
        tracks: [0],
        source: 'aws',
        result: {
          UtteranceEvent: {
            UtteranceId: 'u',
            Items: [{ Type: 'pronunciation', Content: { toString: 1 } }, { Type: 'punctuation' }],
          },
        },
      },
    ],
  },
  {
    path: '/v1/subscribe',
    subprotocols: [SUBSCRIBE_SUBPROTOCOL],
    messages: [{ type: 'subscribe', version: 1, sessionId: 'a', afterSequence: 3, epoch: 'b' }],
  },
  {
    path: '/v1/twilio',
    subprotocols: [],
    messages: [
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      {
        event: 'start',
        sequenceNumber: '1',
        start: {
          accountSid: 'AC1',
          callSid: 'CA1',
          streamSid: 'MZ1',
          tracks: ['inbound', 'outbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { title: 't' },
        },
      },
      {
        event: 'media',
        sequenceNumber: '2',
        media: { track: 'inbound', chunk: '1', timestamp: '20', payload: BASE64 },
      },
      { event: 'stop', sequenceNumber: '3', stop: {} },
    ],
  },
  {
    path: '/v1/audiohook',
    subprotocols: [],
    headers: { 'audiohook-session-id': UUID, 'audiohook-organization-id': UUID },
    messages: [
      {
        version: '2',
        id: UUID,
        type: 'open',
        seq: 1,
        serverseq: 0,
        position: 'PT0S',
        parameters: {
          organizationId: UUID,
          conversationId: UUID,
          participant: { id: UUID, aniName: 'A' },
          media: [{ type: 'audio', format: 'PCMU', channels: ['external', 'internal'], rate: 8000 }],
        },
      },
      SOUND,
      { version: '2', id: UUID, type: 'ping', seq: 2, serverseq: 1, position: 'PT0S', parameters: {} },
      {
        version: '2',
        id: UUID,
        type: 'discarded',
        seq: 3,
        serverseq: 1,
        position: 'PT0S',
        parameters: { start: 'PT0S', discarded: 'PT1S' },
      },
      { version: '2', id: UUID, type: 'close', seq: 4, serverseq: 1, position: 'PT1S', parameters: { reason: 'end' } },
    ],
  },
  {
    path: '/v1/freeswitch?rate=16000&mix=stereo',
    subprotocols: [],
    messages: [{ title: 't', callerName: 'A' }, SOUND, SOUND],
  },
  {
    path: '/v1/recall',
    subprotocols: [],
    messages: [
      {
        event: 'audio_separate_raw.data',
        data: { ...RECALL, data: { buffer: BASE64, timestamp: { relative: 0.1 }, participant: ANN } },
      },
      {
        event: 'video_separate_png.data',
        data: { ...RECALL, data: { buffer: BASE64, type: 'webcam', timestamp: { relative: 0.1 }, participant: ANN } },
      },
      {
        event: 'transcript.data',
        data: {
          ...RECALL,
          data: {
            words: [{ text: 'hi', start_timestamp: { relative: 0.1 }, end_timestamp: { relative: 0.5 } }],
            participant: ANN,
          },
        },
      },
      {
        event: 'participant_events.leave',
        data: { ...RECALL, data: { timestamp: { relative: 1 }, participant: ANN } },
      },
    ],
  },
];

/** Connections at once. */
const AT_ONCE = 8;
const GIVE_UP_MS = 5000;

export const cases: readonly AttackCase[] = [
  {
    name: 'malformed messages of every source end nothing but their own connection',
    timeoutMs: 900_000,
    async run(attack) {
      const env = { UNDERTONE_RECONNECT_GRACE_MS: '0', UNDERTONE_LOG_LEVEL: 'error' };
      const server = await attack.share({ env });
      await besideCall(attack, server, () => fuzz(attack, server));
    },
  },
];

async function fuzz(attack: AttackContext, server: ServerUnderAttack): Promise<number> {
  let left = attack.rounds(300, 20_000);
  let inputs = 0;
  const one = async (): Promise<void> => {
    while (left > 0 && !attack.signal.aborted) {
      left -= 1;
      const sent = await misbehave(server, WAYS[left % WAYS.length]!, attack.random);
      inputs += sent;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return inputs;
}

/** One connection that sends what it should, broken and out of order; the number of messages that went out. */
async function misbehave(server: ServerUnderAttack, way: Way, random: () => number): Promise<number> {
  const socket = new WebSocket(`${server.socketUrl}${way.path}`, [...way.subprotocols], {
    headers: { ...server.headers, ...way.headers },
    handshakeTimeout: GIVE_UP_MS,
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  await Promise.race([once(socket, 'open').catch(() => {}), closed]);
  let sent = 0;
  for (const message of way.messages) {
    if (socket.readyState !== WebSocket.OPEN) break;
    // Mostly in order, so that what follows is reached at all.
    const chosen = random() < 0.15 ? way.messages[Math.floor(random() * way.messages.length)]! : message;
    const share = random() < 0.5 ? 0 : 0.15;
    const text = (value: object): string =>
      JSON.stringify(share === 0 ? value : mutateJson(value, random, share)) ?? 'null';
    const data = chosen instanceof Uint8Array ? mutateBytes(chosen, random) : Buffer.from(text(chosen));
    const isBinary = chosen instanceof Uint8Array !== random() < 0.03;
    socket.send(random() < 0.03 ? mutateBytes(data, random) : data, { binary: isBinary });
    sent += 1;
  }
  // What was sent is to be read before the socket goes, in whichever way.
  await sleep(20 * random());
  if (random() < 0.5) socket.terminate();
  else socket.close(1000);
  await Promise.race([closed, sleep(GIVE_UP_MS)]);
  socket.terminate();
  return sent;
}
