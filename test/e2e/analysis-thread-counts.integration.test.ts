import { expect, it } from 'vitest';
import type { EmotionEvent, UtteranceEmotion } from '../../client-sdk/index.ts';
import { UNOBSERVED } from '../../pipeline/index.ts';
import { runAnalysis } from '../../server/ingest/file/run-analysis.ts';
import { decodeImage } from '../../server/ingest/pictures/decode-picture.ts';
import { byArrival, type CallItem, toFrames } from '../support/e2e/call-script.ts';
import { isEmotion, streamProblems } from '../support/e2e/events.ts';
import { sameButForLastDigits } from '../support/e2e/last-digits.ts';
import { sharedShards } from '../support/e2e/real-server.ts';
import { readSampleCall } from '../support/e2e/sample-call.ts';

/** The customer's first sentence, the agent's answer, and the silence behind it. */
const UNTIL_MS = 12_500;
const CALLS = 3;

/** The call, several times at once, in this many analysis threads: the events of each. As recordings, which no clock hurries. */
async function eventsOfCalls(items: readonly CallItem[], threads: number): Promise<EmotionEvent[][]> {
  const shards = await sharedShards(threads);
  const run = async (): Promise<EmotionEvent[]> => {
    const events: EmotionEvent[] = [];
    const dropped: string[] = [];
    const session = {
      sessionId: 'session',
      title: null,
      startedAt: '2026-01-01T00:00:00.000Z',
      traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`,
    };
    const observer = { ...UNOBSERVED, dropped: ({ reason }: { reason: string }) => dropped.push(reason) };
    await runAnalysis({
      frames: toFrames(items),
      analysis: (onPending) =>
        shards
          .place()
          .analyze({ session, recorded: true, wantsDecisions: false }, { observer, decodeImage, onPending }),
      onResult: (event) => events.push(event),
    });
    expect(dropped).toEqual([]);
    return events;
  };
  return Promise.all(Array.from({ length: CALLS }, run));
}

/** What an utterance came to, whatever the number of its revisions: without what each session and each run has of its own. */
function results(events: readonly EmotionEvent[]): Partial<UtteranceEmotion>[] {
  const last = new Map(events.filter(isEmotion).map((event) => [event.utteranceId, event]));
  return [...last.values()]
    .sort((one, other) => one.startMs - other.startMs)
    .map(({ participant, startMs, endMs, endedBy, transcript, emotion, sentiment, modalities }) => ({
      participant,
      startMs,
      endMs,
      endedBy,
      transcript,
      emotion,
      sentiment,
      modalities,
    }));
}

it('the same call gives the same results in one analysis thread and in three', async () => {
  const call = await readSampleCall();
  const items = byArrival([...call.audio(UNTIL_MS), ...call.words(0, UNTIL_MS - 1000)]);
  const [one, three] = [await eventsOfCalls(items, 1), await eventsOfCalls(items, 3)];
  for (const events of [...one, ...three]) expect(streamProblems(events)).toEqual([]);
  const expected = results(one[0]!);
  expect(expected).toHaveLength(2);
  for (const events of [...one, ...three]) expect(results(events)).toEqual(sameButForLastDigits(expected));
});
