import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undertone } from '../support/e2e/command-line.ts';
import { readSampleCall, SAMPLE_CALL_TRANSCRIPT } from '../support/e2e/sample-call.ts';
import { writeWav } from '../support/recordings.ts';
import { type Figure, valueFigure } from './figure.ts';

const TARGET = { atLeast: 10 };

/** How much faster than it lasts a recording of two voices is analyzed with its transcript, by the command. */
export async function measureAnalyzeSpeed(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-bench-'));
  try {
    process.stderr.write('undertone analyze …\n');
    const { voices, sampleRateHz, durationMs } = await readSampleCall();
    const file = join(folder, 'call.wav');
    writeWav(file, sampleRateHz, voices);
    const words = ['--transcript', SAMPLE_CALL_TRANSCRIPT, '--speakers', 'Customer,Agent'];
    const startMs = performance.now();
    const { status, stderr } = await undertone('analyze', file, ...words, '--json');
    const elapsedMs = performance.now() - startMs;
    if (status !== 0) throw new Error(`undertone analyze failed: ${stderr}`);
    const ownSpeed = Number(/([\d.]+)× real time\)\n$/.exec(stderr)?.[1]);
    const times = (value: number) => `${value.toFixed(1)}×`;
    return [
      valueFigure('undertone analyze, audio + text, times real time', ownSpeed, times, TARGET),
      valueFigure('the same with the start of the process and the models', durationMs / elapsedMs, times, TARGET),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
