import { describe, expect, it } from 'vitest';
import type { MediaFrame, PipelineDrop } from '../../../../../pipeline/index.ts';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import type { PlacedCue } from '../../../../../server/ingest/file/placement/analysis-plan.ts';
import { CueAccount } from '../../../../../server/ingest/file/placement/cue-account.ts';
import { cueAt } from '../../../../support/placement/survey.ts';

const TRANSCRIPT = Array.from({ length: 10 }, (_, index) => cueAt([index * 10, index * 10 + 5], null));
const CUES = TRANSCRIPT.map((cue, index): PlacedCue => ({ ...cue, id: `cue-${index}`, lane: 0, isHeard: true }));

const left = (...segmentIds: string[]): PipelineDrop => ({
  stage: 'window',
  reason: 'unmatched',
  count: 1,
  segmentIds,
});

/** Gives an analysis the first of the cues. */
async function take(account: CueAccount, count: number): Promise<void> {
  async function* frames(): AsyncGenerator<MediaFrame> {
    for (const { id, startMs, endMs, text } of CUES)
      yield { kind: 'transcript', trackId: 'a/text', segmentId: id, startMs, endMs, text, final: true };
  }
  let taken = 0;
  for await (const frame of account.watch(frames())) {
    if (taken === count) return;
    if (frame.kind === 'transcript') taken += 1;
  }
}

async function warningsOf(use: (account: CueAccount) => void): Promise<AnalysisWarning[]> {
  const warnings: AnalysisWarning[] = [];
  const account = new CueAccount(CUES, TRANSCRIPT);
  await take(account, CUES.length);
  use(account);
  account.close((warning) => warnings.push(warning));
  return warnings;
}

describe('the account of a transcript’s cues', () => {
  it('warns of nothing when all cues found an utterance', async () => {
    expect(await warningsOf(() => {})).toEqual([]);
  });

  it('names the cues that found none by their time', async () => {
    const [warning, ...others] = await warningsOf((account) => account.dropped(left('cue-3', 'cue-1.2', 'cue-1')));
    expect(others).toEqual([]);
    expect(warning).toEqual({
      code: 'cues-without-voice',
      message: '2 cues of the transcript were left out: nobody is heard there (0:10, 0:30)',
      startMs: 10_000,
      endMs: 35_000,
      cues: [
        { startMs: 10_000, endMs: 15_000 },
        { startMs: 30_000, endMs: 35_000 },
      ],
    });
  });

  it('says how much was placed when much was not', async () => {
    const lost = CUES.slice(0, 6).map(({ id }) => id);
    const [warning] = await warningsOf((account) => account.dropped(left(...lost)));
    expect(warning!.message).toMatch(/only 40 % of the transcript was placed/);
  });

  it('names the cues that the analysis never came to', async () => {
    const warnings: AnalysisWarning[] = [];
    const account = new CueAccount(CUES, TRANSCRIPT);
    await take(account, 9);
    account.close((warning) => warnings.push(warning));
    expect(warnings).toMatchObject([{ cues: [{ startMs: 90_000 }] }]);
  });
});
