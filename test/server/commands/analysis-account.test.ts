import { describe, expect, it } from 'vitest';
import { AnalysisAccount } from '../../../server/commands/analysis-account.ts';
import type { AnalysisWarning } from '../../../server/ingest/file/analysis-warning.ts';

describe('the account of an analysis', () => {
  it('gives one warning per stage and reason, with how many, where, and the first cause', () => {
    const account = new AnalysisAccount();
    const cause = new Error('a packet is empty\nwith a second line');
    account.dropped({ stage: 'features', reason: 'picture-failed', count: 1, mediaTimeMs: 500, cause });
    account.dropped({ stage: 'features', reason: 'picture-failed', count: 2, mediaTimeMs: 900 });
    account.failed({ stage: 'inference', code: 'model-failed', cause: new Error('no memory') });
    const warnings: AnalysisWarning[] = [];
    account.close((warning) => warnings.push(warning));
    expect(warnings).toEqual([
      { code: 'not-scored', message: 'one utterance was not scored (inference: model-failed): no memory' },
      {
        code: 'media-left-out',
        message: '3 left out of the analysis (features: picture-failed): a packet is empty',
        startMs: 500,
        endMs: 900,
      },
    ]);
  });

  it('says nothing of what is ordinary: an utterance without a usable voice, face or words', () => {
    const account = new AnalysisAccount();
    account.failed({ stage: 'features', code: 'no-signal' });
    account.dropped({ stage: 'window', reason: 'unmatched-transcript', count: 1 });
    account.close(() => expect.unreachable());
  });
});
