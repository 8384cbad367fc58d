import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AnalysisWarning } from '../../../../server/ingest/file/analysis-warning.ts';
import type { RecordedAudio, Recording } from '../../../../server/ingest/file/recording.ts';
import { openResumable } from '../../../../server/ingest/file/resume-sound.ts';

const PATH = fileURLToPath(new URL('../../../fixtures/formats/opus-clusters.webm', import.meta.url));

/** One second of sound, of which the reader finds only the blocks of 20 ms until `foundMs`. */
function endingAt(foundMs: number): Recording {
  return {
    durationMs: 1000,
    channelCount: 1,
    sampleRateHz: 48_000,
    hasVideo: false,
    async *audio(): AsyncGenerator<RecordedAudio> {
      for (let startMs = 0; startMs < foundMs; startMs += 20)
        yield { kind: 'audio', startMs, channels: [new Float32Array(960)] };
    },
    async *images() {},
    close() {},
  };
}

async function read(foundMs: number, noticed: readonly AnalysisWarning[] = [], path = PATH) {
  const warnings: AnalysisWarning[] = [];
  const recording = await openResumable(
    path,
    (warning) => warnings.push(warning),
    async (warn) => {
      for (const warning of noticed) warn(warning);
      return endingAt(foundMs);
    },
  );
  const startsMs = [];
  for await (const { startMs } of recording.audio()) startsMs.push(startMs);
  return { startsMs, warnings };
}

describe('sound that ends too early', () => {
  it('goes on with what FFmpeg finds behind the damage, and says so', async () => {
    const { startsMs, warnings } = await read(300);
    expect(startsMs.at(-1)).toBeGreaterThan(950);
    for (let i = 1; i < startsMs.length; i++) expect(startsMs[i]!).toBeGreaterThan(startsMs[i - 1]!);
    expect(warnings).toMatchObject([{ code: 'audio-damaged', startMs: 300 }]);
  });

  it('tells nothing twice', async () => {
    const { startsMs, warnings } = await read(600, [
      { code: 'audio-damaged', message: 'the sound is damaged', startMs: 590, endMs: 620 },
    ]);
    expect(startsMs.at(-1)).toBeGreaterThan(950);
    expect(warnings).toHaveLength(1);
  });

  it('is what the recording has where it ends with the recording', async () => {
    const { startsMs, warnings } = await read(900);
    expect(startsMs.at(-1)).toBe(880);
    expect(warnings).toEqual([]);
  });

  it('is what the recording has where FFmpeg cannot read it', async () => {
    const { startsMs, warnings } = await read(300, [], '/nowhere/call.webm');
    expect(startsMs.at(-1)).toBe(280);
    expect(warnings).toEqual([]);
  });
});
