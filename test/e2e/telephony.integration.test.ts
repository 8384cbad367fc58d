import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type UtteranceEmotion } from '../../client-sdk/index.ts';
import type { PublisherMessage } from '../../client-sdk/protocol/index.ts';
import { byArrival, type CallItem } from '../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { readSampleCall, type SampleCall } from '../support/e2e/sample-call.ts';
import { PatientClock } from '../support/server/patient-clock.ts';
import { Publisher } from '../support/server/peers.ts';
import { AudioHookPeer, type ServerMessage } from '../support/telephony/audiohook-peer.ts';
import { FreeSwitchPeer } from '../support/telephony/freeswitch-peer.ts';
import { encodeLinear16, encodeMulaw, interleave } from '../support/telephony/mulaw-encode.ts';
import { paced } from '../support/telephony/pace.ts';
import { TwilioPeer } from '../support/telephony/twilio-peer.ts';

/** The customer's first sentence, the agent's answer, and the customer's second, with the silence behind it. */
const UNTIL_MS = 17_000;
const SPEED = 3;
/** The first two turns are transcribed. */
const WORDS_UNTIL_MS = 14_000;
/** As the transcript of the sample call has them. */
const SPOKEN = [
  ['customer', 800, 5960],
  ['agent', 7060, 11_295],
  ['customer', 12_295, 15_880],
] as const;

/** The server and whoever sends share it, so that a busy machine cuts no turn in two. */
const clock = new PatientClock();
const play = (packetMs: number, send: (startMs: number) => void) => paced(UNTIL_MS, packetMs, SPEED, send, clock);
let server: RealServer;
let call: SampleCall;

beforeAll(async () => {
  [server, call] = await Promise.all([startRealServer({ clock }), readSampleCall(8000)]);
});
afterAll(async () => {
  await server.close();
  clock[Symbol.dispose]();
});

/** What a voice says in a packet of `packetMs`, in the telephone's 8 kHz. */
const heard = (voice: 0 | 1, startMs: number, packetMs: number): Float32Array =>
  call.voices[voice].slice(startMs * 8, (startMs + packetMs) * 8);

async function emotionsOf(sessionId: string): Promise<UtteranceEmotion[]> {
  const events = await collect(createEmotionClient({ url: server.url }).events(sessionId));
  expect(streamProblems(events)).toEqual([]);
  return events.filter(isEmotion);
}

function expectTheTurns(emotions: readonly UtteranceEmotion[]): void {
  expect(emotions.map(({ participant }) => participant.role)).toEqual(SPOKEN.map(([role]) => role));
  for (const [index, [, startMs, endMs]] of SPOKEN.entries()) {
    expect(Math.abs(emotions[index]!.startMs - startMs)).toBeLessThan(300);
    expect(Math.abs(emotions[index]!.endMs - endMs)).toBeLessThan(300);
    expect(emotions[index]!.modalities.audio.contribution).toBe(1);
  }
}

/** A publisher of words alone, as whoever runs a recogniser beside the call would be: tracks 0 and 1. */
async function listenAlong(sessionId: string, participants: readonly string[]): Promise<Publisher> {
  const publisher = await new Publisher(server.socketUrl).opened();
  publisher.send({ type: 'session.start', version: 1, sessionId });
  for (const [track, id] of participants.entries()) {
    publisher.send({ type: 'track.add', track, participant: { id }, media: { kind: 'transcript' } });
  }
  await publisher.until((message) => message.type === 'track.ready' && message.track === 1);
  return publisher;
}

/** A sentence as Deepgram would send it, whose audio began a second into the call. */
function deepgramResult(item: CallItem): PublisherMessage {
  if (item.kind !== 'words') throw new TypeError('only words');
  const { speaker, startMs, endMs, text: transcript } = item;
  const channel = speaker.role === 'customer' ? 0 : 1;
  const offsetMs = 1000;
  return {
    type: 'transcript.result',
    tracks: [0, 1],
    source: 'deepgram',
    offsetMs,
    result: {
      type: 'Results',
      channel_index: [channel, 2],
      start: (startMs - offsetMs) / 1000,
      duration: (endMs - startMs) / 1000,
      is_final: true,
      channel: { alternatives: [{ transcript, words: [] }] },
    },
  };
}

/** Sends the words of each turn once the turn was told, so that they revise it. */
async function tellWords(sessionId: string, words: readonly CallItem[], recogniser: Publisher): Promise<void> {
  const left = [...words];
  for await (const event of createEmotionClient({ url: server.url }).events(sessionId)) {
    const [next] = left;
    if (!isEmotion(event) || event.participant.role !== next?.speaker.role) continue;
    recogniser.send(deepgramResult(next));
    left.shift();
    if (left.length === 0) return;
  }
}

interface Entity {
  readonly type: string;
  readonly data: { readonly id: string; readonly channel: string; readonly emotion: unknown };
}

const entitiesOf = ({ parameters }: ServerMessage) => parameters.entities as Entity[];

describe('a telephone call through the whole server', () => {
  it('comes from Twilio, its words from a recogniser, and goes out as the turns of both parties', async () => {
    const peer = await new TwilioPeer({ socketUrl: server.socketUrl }).start();
    while (server.sessions.get(peer.sessionId) === undefined) await setTimeout(5);
    const recogniser = await listenAlong(peer.sessionId, ['inbound', 'outbound']);
    const words = byArrival(call.words(0, WORDS_UNTIL_MS));
    const told = tellWords(peer.sessionId, words, recogniser);
    await play(20, (startMs) => {
      peer.sendMedia('inbound', startMs, encodeMulaw(heard(0, startMs, 20)));
      peer.sendMedia('outbound', startMs, encodeMulaw(heard(1, startMs, 20)));
    });
    await told;
    peer.stop();
    recogniser.send({ type: 'session.end' });
    const emotions = await emotionsOf(peer.sessionId);
    expectTheTurns(emotions.filter(({ revision }) => revision === 0));
    const spoken = emotions.filter(({ revision }) => revision > 0).map(({ transcript }) => transcript?.text);
    expect(spoken[0]).toBe('Hi. My internet has been down for three days, and nobody has called me back.');
    expect(spoken).toHaveLength(2);
  });

  it('comes from AudioHook, goes out as the turns of both parties, and back to Genesys as events', async () => {
    const peer = new AudioHookPeer({ socketUrl: server.socketUrl });
    const conversationId = randomUUID();
    await peer.open({ conversationId });
    await play(200, (startMs) => {
      const [customer, agent] = [heard(0, startMs, 200), heard(1, startMs, 200)];
      peer.sendAudio(interleave(encodeMulaw(customer), encodeMulaw(agent), 1), customer.length);
    });
    await peer.close();
    const emotions = await emotionsOf(`audiohook-${conversationId}`);
    expectTheTurns(emotions);
    const entities = peer.received.filter(({ type }) => type === 'event').flatMap(entitiesOf);
    expect(entities.map(({ type }) => type)).toEqual(emotions.map(() => 'undertone.utterance-emotion'));
    expect(entities.map(({ data }) => [data.id, data.channel, data.emotion])).toEqual(
      emotions.map(({ utteranceId, emotion }, i) => [utteranceId, i === 1 ? 'internal' : 'external', emotion]),
    );
    expect(peer.problems).toEqual([]);
  });

  it('comes from FreeSWITCH in stereo and goes out as the turns of both parties', async () => {
    const sessionId = randomUUID();
    const peer = await new FreeSwitchPeer({ socketUrl: server.socketUrl }).start(
      JSON.stringify({ sessionId, mix: 'stereo' }),
    );
    await play(20, (startMs) => {
      peer.sendAudio(interleave(encodeLinear16(heard(0, startMs, 20)), encodeLinear16(heard(1, startMs, 20)), 2));
    });
    await peer.stop();
    expectTheTurns(await emotionsOf(`freeswitch-${sessionId}`));
  });
});
