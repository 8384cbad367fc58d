import { createNoise } from '../../pipeline/features/audio/clips.ts';
import { readSampleCall } from '../../support/e2e/sample-call.ts';
import { drawRecordings, readClip } from '../features/clips.ts';
import { overTelephone, withNoise } from '../features/degrade.ts';

const RATE_HZ = 16_000;
const CLIPS_PER_LINE = 20;

/** One side of a call, 16 kHz. */
export interface Line {
  readonly material: string;
  readonly samples: Float32Array;
}

/** Ways in which a line reaches the server. */
export const COPIES: Readonly<Record<string, (samples: Float32Array, seed: number) => Float32Array>> = {
  'as it is': (samples) => samples,
  'white noise at 20 dB': (samples, seed) => withNoise(samples, 20, seed),
  'white noise at 10 dB': (samples, seed) => withNoise(samples, 10, seed),
  telephone: overTelephone,
  'telephone, noise at 20 dB': (samples, seed) => overTelephone(withNoise(samples, 20, seed)),
  'telephone, noise at 10 dB': (samples, seed) => overTelephone(withNoise(samples, 10, seed)),
};

/** The bundled call, and clips one after the other with pauses of 1 to 4 s. Without the folder, only the call. */
export async function readLines(folder: string, clipCount: number): Promise<{ lines: Line[]; hasClips: boolean }> {
  const call = await readSampleCall(RATE_HZ);
  const lines: Line[] = call.voices.map((samples) => ({ material: 'sample call', samples }));
  const names = drawRecordings(folder, clipCount);
  if (names === null) return { lines, hasClips: false };
  const random = createNoise(3);
  for (let first = 0; first < names.length; first += CLIPS_PER_LINE) {
    const parts: Float32Array[] = [];
    for (const name of names.slice(first, first + CLIPS_PER_LINE)) {
      parts.push(
        new Float32Array(Math.round((2.5 + 1.5 * random()) * RATE_HZ)),
        (await readClip(folder, name)).samples,
      );
    }
    lines.push({ material: 'clips', samples: join(parts) });
  }
  return { lines, hasClips: true };
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
