import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import type { BorrowedModels } from '../../../models/index.ts';
import { type MediaFrame, systemClock } from '../../../pipeline/index.ts';
import { AnalysisThread } from '../../../server/analysis/analysis-thread.ts';
import { FrameBatchWriter } from '../../../server/analysis/frame-batch.ts';
import type { SessionOutput, ShardReply } from '../../../server/analysis/shard-messages.ts';
import { ALICE, bound, chunksOf, openTrack, words } from '../../support/pipeline/frames.ts';
import { speech } from '../../support/pipeline/loudness-voice-activity.ts';
import { scriptedModels } from '../../support/pipeline/scripted-models.ts';

const identity = { title: null, startedAt: '2026-01-01T00:00:00.000Z', traceparent: '00-1-1-01' };
const toldBefore = { sequence: 1, utteranceCount: 0, durationMs: 0 };

/** @param weigh - called with the words that the thread reads. */
function setUp(weigh: (text: string) => void = () => {}) {
  const replies: ShardReply[] = [];
  const completed = Promise.withResolvers<void>();
  const scripted = scriptedModels();
  const language = {
    ...scripted.language,
    weigh(text: string) {
      weigh(text);
      return scripted.language.weigh(text);
    },
  };
  const thread = new AnalysisThread({
    models: { forSession: () => ({ ...scripted, language }) } as unknown as BorrowedModels,
    clock: systemClock,
    current: new Int32Array(new SharedArrayBuffer(4)),
    post(reply) {
      replies.push(reply);
      if (reply.kind === 'report' && reply.outputs.some(({ kind }) => kind === 'completed')) completed.resolve();
    },
  });
  const writer = new FrameBatchWriter();
  return {
    thread,
    completed: completed.promise,
    open: (session: number) =>
      thread.take({
        kind: 'open',
        session,
        settings: { session: { ...identity, sessionId: `s${session}` }, wantsDecisions: false },
        toldBefore,
      }),
    send(session: number, ...frames: readonly MediaFrame[]) {
      for (const frame of frames) writer.add(session, frame);
      thread.take({ kind: 'frames', batch: writer.take().batch });
    },
    outputs: (): SessionOutput[] => replies.flatMap((reply) => (reply.kind === 'report' ? reply.outputs : [])),
    events: (): EmotionEvent[] =>
      replies.flatMap((reply) =>
        reply.kind === 'report' ? reply.outputs.flatMap((o) => (o.kind === 'event' ? [o.event] : [])) : [],
      ),
    doneCount: () => replies.reduce((sum, reply) => sum + (reply.kind === 'report' ? reply.done : 0), 0),
    uses: () => replies.flatMap((reply) => (reply.kind === 'report' ? reply.uses : [])),
  };
}

describe('an analysis thread', () => {
  it('tells the events of a session after those that were told, what it used, and its end', async () => {
    const { open, send, thread, completed, events, doneCount, uses } = setUp();
    open(1);
    const voice = chunksOf('a', speech(-500, 1000, -1000));
    send(1, openTrack('a', 'audio', ALICE), ...voice, bound('a'));
    thread.take({ kind: 'end', session: 1, reason: 'idle' });
    await completed;
    expect(events().map(({ type, sequence }) => [type, sequence])).toEqual([
      ['utterance.started', 2],
      ['utterance.emotion', 3],
      ['session.ended', 4],
    ]);
    expect(events().at(-1)).toMatchObject({ reason: 'idle', utteranceCount: 1 });
    expect(doneCount()).toBe(1);
    expect(uses().reduce((sum, { frames }) => sum + frames, 0)).toBe(voice.length + 2);
  });

  it('takes a batch that takes long in slices, and its requests in their order', async () => {
    const busyMs = 5;
    const { open, send, thread, completed, events, doneCount } = setUp(() => {
      for (const untilMs = performance.now() + busyMs; performance.now() < untilMs; );
    });
    open(1);
    const segments = Array.from({ length: 4 }, (_, n) => words('w', n * 3000, n * 3000 + 900));
    send(1, openTrack('w', 'transcript', ALICE), ...segments, bound('w'));
    expect(doneCount()).toBe(0);
    thread.take({ kind: 'end', session: 1, reason: 'completed' });
    expect(events().at(-1)?.type).not.toBe('session.ended');
    await completed;
    expect(doneCount()).toBe(1);
    expect(events().filter(({ type }) => type === 'utterance.emotion')).toHaveLength(4);
  });

  it('lets go of a session that nobody listens to, and takes its late frames for nothing', async () => {
    const { open, send, thread, doneCount, outputs } = setUp();
    open(1);
    send(1, openTrack('w', 'transcript', ALICE));
    thread.take({ kind: 'close', session: 1 });
    send(1, words('w', 0, 900));
    await expect.poll(doneCount).toBe(2);
    expect(outputs().filter(({ kind }) => kind === 'event')).toEqual([]);
  });
});
