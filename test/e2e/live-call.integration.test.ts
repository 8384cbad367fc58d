import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type EmotionEvent, type SessionPublisher } from '../../client-sdk/index.ts';
import { startCuttingProxy } from '../support/client-sdk/cutting-proxy.ts';
import { byArrival } from '../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { publishCall, wordsAfterScore } from '../support/e2e/publish-call.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { AGENT, CUSTOMER, readSampleCall, type SampleCall } from '../support/e2e/sample-call.ts';

/** The customer's first sentence, the agent's answer, and the customer's second, with the silence behind it. */
const UNTIL_MS = 17_000;
/** Wall-clock waits of the pipeline hold at any speed; a little hurry keeps the test short. */
const SPEED = 2;
/** Words land long after their utterance was told, also on a busy machine. */
const WORDS_DELAY_MS = 3000;

describe.each([1, 3])('a call published with the SDK to a server with %i analysis threads', (analysisThreads) => {
  let server: RealServer;
  let call: SampleCall;
  let direct: EmotionEvent[];
  let throughCuts: EmotionEvent[];
  let cuts: number;

  beforeAll(async () => {
    [server, call] = await Promise.all([startRealServer({ config: { analysisThreads } }), readSampleCall()]);
    // Mid-call, in the middle of a WebSocket frame: after the handshake and an event or two.
    await using proxy = await startCuttingProxy(Number(new URL(server.url).port), [900, 1700]);
    const opened = Promise.withResolvers<SessionPublisher>();
    const { onOpen, hold } = wordsAfterScore(server.url);
    const published = publishCall({
      url: server.url,
      items: byArrival([...call.audio(UNTIL_MS), ...call.words(WORDS_DELAY_MS, UNTIL_MS - WORDS_DELAY_MS)]),
      speed: SPEED,
      hold,
      onOpen(session) {
        onOpen(session);
        opened.resolve(session);
      },
    });
    const { sessionId } = await Promise.race([opened.promise, published]);
    const reconnect = { initialDelayMs: 100 };
    [direct, throughCuts] = await Promise.all([
      collect(createEmotionClient({ url: server.url }).events(sessionId)),
      collect(createEmotionClient({ url: proxy.url, reconnect }).events(sessionId)),
      published,
    ]);
    cuts = proxy.cutCount();
  });
  afterAll(() => server.close());

  const emotions = () => direct.filter(isEmotion);

  it('reaches a subscriber as one whole stream, from its start to its end', () => {
    expect(streamProblems(direct)).toEqual([]);
    expect(direct.at(-1)).toMatchObject({ type: 'session.ended', reason: 'completed', utteranceCount: 3 });
  });

  it('tells each turn once it ends, by whom, and where it lies', () => {
    const turns = emotions().filter(({ revision }) => revision === 0);
    expect(turns.map(({ participant }) => participant)).toEqual([CUSTOMER, AGENT, CUSTOMER]);
    // As the transcript has them.
    const spoken = [
      [800, 5960],
      [7060, 11_295],
      [12_295, 15_880],
    ] as const;
    for (const [index, [startMs, endMs]] of spoken.entries()) {
      expect(Math.abs(turns[index]!.startMs - startMs)).toBeLessThan(300);
      expect(Math.abs(turns[index]!.endMs - endMs)).toBeLessThan(300);
    }
  });

  it('scores voice first, and words and voice in a revision when the words land', () => {
    const [first, revised] = emotions().filter(({ utteranceId }) => utteranceId === emotions()[0]!.utteranceId);
    expect(first).toMatchObject({
      revision: 0,
      endedBy: 'silence',
      transcript: null,
      modalities: {
        text: { state: 'late', contribution: 0 },
        audio: { state: 'ok' },
        video: { state: 'absent', contribution: 0, quality: null },
      },
    });
    expect(revised).toMatchObject({
      revision: 1,
      transcript: { text: 'Hi. My internet has been down for three days, and nobody has called me back.' },
      modalities: { text: { state: 'ok' }, audio: { state: 'ok' }, video: { state: 'absent', contribution: 0 } },
    });
    expect(revised!.modalities.text.contribution).toBeGreaterThan(0);
    expect(revised!.modalities.audio.contribution).toBeGreaterThan(0);
    expect(revised!.emotion.probabilities).not.toEqual(first!.emotion.probabilities);
  });

  it('gives probabilities that are some, and the id of the model that found them', () => {
    for (const { emotion, sentiment, modelId, latencyMs } of emotions()) {
      const total = Object.values(emotion.probabilities).reduce((sum, p) => sum + p, 0);
      expect(total).toBeCloseTo(1, 2);
      expect(sentiment.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 2);
      expect(Math.abs(sentiment.score)).toBeLessThanOrEqual(3);
      expect(modelId).toMatch(/^undertone-mini@\d/);
      expect(latencyMs).toBeGreaterThan(0);
    }
  });

  it('loses and doubles nothing for a subscriber whose connection breaks mid-call', () => {
    expect(cuts).toBe(2);
    expect(throughCuts).toEqual(direct);
  });

  it('can be read again after its end, by whoever comes late', async () => {
    const { sessionId } = direct[0]!;
    const client = createEmotionClient({ url: server.url });
    expect(await collect(client.events(sessionId))).toEqual(direct);
    expect(await client.getSession(sessionId)).toMatchObject({
      state: 'ended',
      utteranceCount: 3,
      endReason: 'completed',
    });
  });

  it('leaves no word of it in the log', () => {
    const log = server.logLines.join('');
    expect(log).toContain('session ended');
    expect(log).not.toMatch(/internet|Customer|Agent/);
  });
});
