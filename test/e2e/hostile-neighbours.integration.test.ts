import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEmotionClient,
  type EmotionEvent,
  encodeMediaPacket,
  type UtteranceEmotion,
} from '../../client-sdk/index.ts';
import { MIB } from '../../server/byte-units.ts';
import { startCuttingProxy } from '../support/client-sdk/cutting-proxy.ts';
import { byArrival, type CallItem, pictureItems } from '../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { publishCall, wordsAfterScore } from '../support/e2e/publish-call.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { residentBytes } from '../support/e2e/resident-bytes.ts';
import { CUSTOMER, readSampleCall } from '../support/e2e/sample-call.ts';
import { seededRandom } from '../support/e2e/seeded-random.ts';
import { Publisher } from '../support/server/peers.ts';

/** One sentence, the silence behind it, and the words, long after the sentence was told also on a busy machine. */
const UNTIL_MS = 9200;
const WORDS_DELAY_MS = 3000;
/** Wall-clock waits of the pipeline hold at any speed; a little hurry keeps the tests short. */
const SPEED = 3;

let server: RealServer;
let sentence: CallItem[];
let undisturbed: unknown;

beforeAll(async () => {
  const call = await readSampleCall();
  sentence = byArrival([...call.audio(UNTIL_MS), ...call.words(WORDS_DELAY_MS, 6000)]).filter(
    ({ speaker }) => speaker === CUSTOMER,
  );
  server = await startRealServer({ config: { reconnectGraceMs: 200, analysisThreads: 3 } });
  undisturbed = await neighbour();
}, 60_000);
afterAll(() => server.close());

const eventsOf = (sessionId: string): Promise<EmotionEvent[]> =>
  collect(createEmotionClient({ url: server.url }).events(sessionId));

/**
 * What a well-behaved call tells in the end, less what differs from call to call. A busy machine may have the words before
 * the first score, which is then the only one: so earlier revisions are left out.
 */
async function neighbour(): Promise<unknown> {
  const held = wordsAfterScore(server.url);
  const { sessionId } = await publishCall({ url: server.url, items: sentence, speed: SPEED, ...held });
  const events = await eventsOf(sessionId);
  expect(streamProblems(events)).toEqual([]);
  const changing = { sessionId: '', epoch: '', traceparent: '', startedAt: '', latencyMs: 0, sequence: 0 };
  return events
    .filter((event) => !isEmotion(event) || !events.some((other) => isEmotion(other) && isLater(other, event)))
    .map((event) => ({ ...event, ...changing, ...(isEmotion(event) && { revision: 0 }) }));
}

const isLater = (other: UtteranceEmotion, event: UtteranceEmotion): boolean =>
  other.utteranceId === event.utteranceId && other.revision > event.revision;

const bad = () => new Publisher(server.socketUrl).start();

describe('a publisher that vanishes in the middle of a sentence', () => {
  it('has the sentence finished, its session ended, and nobody beside it disturbed', async () => {
    const proxy = await startCuttingProxy(Number(new URL(server.url).port), []);
    const halfSentence = sentence.filter(({ atMs }) => atMs <= 3000);
    const [session, beside] = await Promise.all([
      publishCall({ url: proxy.url, items: halfSentence, speed: SPEED, leaveOpen: true }).then(async (publisher) => {
        await expect
          .poll(() => server.sessions.get(publisher.sessionId)!.newestFrameMs, { timeout: 60_000 })
          .toBeGreaterThan(2950);
        await proxy[Symbol.asyncDispose]();
        await expect(publisher.closed).rejects.toMatchObject({ code: 'connection-lost' });
        return publisher;
      }),
      neighbour(),
    ]);
    const events = await eventsOf(session.sessionId);
    expect(streamProblems(events)).toEqual([]);
    const [utterance] = events.filter(isEmotion);
    expect(utterance).toMatchObject({ modalities: { audio: { state: 'ok' } } });
    // A busy machine may notice the silence before it notices the end of the connection.
    expect(['track-end', 'silence']).toContain(utterance!.endedBy);
    expect(Math.abs(utterance!.endMs - 3000)).toBeLessThan(100);
    expect(events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'disconnected', utteranceCount: 1 });
    expect(beside).toEqual(undisturbed);
  });
});

/** Ways to misbehave. Each ends on its own: refused, closed by the server, or given up. */
const GARBAGE: Readonly<Record<string, () => Promise<void>>> = {
  async 'random bytes and text'() {
    const random = seededRandom(7);
    for (let i = 0; i < 25; i += 1) {
      const publisher = await bad();
      for (let sent = 0; sent < 20; sent += 1) {
        const bytes = Uint8Array.from({ length: random() * 64 }, () => random() * 256);
        publisher.socket.send(random() < 0.5 ? bytes : String.fromCharCode(...bytes));
      }
      publisher.send({ type: 'session.end' });
      await publisher.closed;
    }
  },
  async 'ten thousand tiny packets'() {
    const publisher = await bad();
    const payload = new Uint8Array(2);
    for (let i = 0; i < 10_000; i += 1) publisher.sendAudio(i, payload);
    expect((await publisher.closed).reason).toBe('too-fast');
  },
  async 'ten thousand tiny packets at a pace that is allowed'() {
    const publisher = await bad();
    const payload = new Uint8Array(2);
    for (let i = 0; i < 2500; i += 1) {
      publisher.sendAudio(i / 16, payload);
      if (i % 50 === 49) await sleep(50);
    }
    publisher.send({ type: 'session.end' });
    expect((await publisher.closed).code).toBe(1000);
  },
  async 'a text of 1 MB'() {
    const publisher = await bad();
    publisher.socket.send(JSON.stringify({ type: 'session.start', version: 1, title: 'x'.repeat(MIB) }));
    expect(await publisher.untilType('error')).toMatchObject({ code: 'oversized-message', fatal: false });
    publisher.send({ type: 'session.end' });
    expect((await publisher.closed).code).toBe(1000);
  },
  async 'samples that are no numbers'() {
    const publisher = await bad();
    publisher.addAudio(2, 'bob', 'pcm-f32le');
    const payload = new Uint8Array(new Float32Array(320).fill(Number.NaN).buffer);
    for (let i = 0; i < 500; i += 1) publisher.sendAudio(20 * i, payload, 2);
    publisher.send({ type: 'session.end' });
    await publisher.closed;
    expect(await publisher.untilType('error')).toMatchObject({ code: 'bad-samples' });
  },
  async 'truncated packets'() {
    const publisher = await bad();
    const whole = encodeMediaPacket({ kind: 'audio', track: 1, mediaTimeMs: 0, payload: new Uint8Array(640) });
    for (let length = 0; length < whole.length; length += 3) publisher.socket.send(whole.subarray(0, length));
    publisher.send({ type: 'session.end' });
    await publisher.closed;
    expect(await publisher.untilType('error')).toMatchObject({ code: 'malformed-packet' });
  },
  async 'a voice whose pictures are broken'() {
    const random = seededRandom(11);
    const broken = Uint8Array.from({ length: 5000 }, () => random() * 256);
    broken.set([0xff, 0xd8, 0xff, 0xe0]);
    const items = byArrival([...sentence, ...pictureItems(CUSTOMER, [broken], { untilMs: UNTIL_MS, perSecond: 30 })]);
    const { sessionId } = await publishCall({ url: server.url, items, speed: SPEED });
    const emotions = (await eventsOf(sessionId)).filter(isEmotion);
    expect(emotions).not.toHaveLength(0);
    for (const { modalities } of emotions) {
      expect(modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'absent', contribution: 0 } });
    }
  },
};

describe('a publisher that sends', () => {
  it.concurrent.each(Object.keys(GARBAGE))('%s ends as it must', (kind) => GARBAGE[kind]!());
});

describe('a call beside all of these at once', () => {
  it('does not notice, and memory stays flat', async () => {
    const everything = () => Promise.all(Object.values(GARBAGE).map((send) => send()));
    // Heap and buffers grow to their working size first: here, and in the tests above.
    await everything();
    const beforeBytes = residentBytes();
    const [, beside] = await Promise.all([everything(), neighbour()]);
    await everything();
    expect(beside).toEqual(undisturbed);
    expect(residentBytes() - beforeBytes).toBeLessThan(64 * MIB);
  }, 300_000);
});
