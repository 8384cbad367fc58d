import { readFileSync } from 'node:fs';
import type { AudioBaseline, FaceGroups, TextTokens } from '../../../models/index.ts';

/** An utterance of `test/golden/make-model-golden.py`, with the output of each graph in Python. */
export interface GoldenUtterance {
  readonly tokens: number;
  /** Number of context tokens after the utterance's own. Default 0. */
  readonly contextTokens?: number;
  readonly seed: number;
  readonly faceCount: number;
  /** Text, voice, video: 1 if the fusion gets the modality. */
  readonly present: readonly [0 | 1, 0 | 1, 0 | 1];
  /** Number of earlier utterances that the voice is compared with. Default 0. */
  readonly baselineUtterances?: number;
  /** Expected outputs by name. */
  readonly answers: Readonly<Record<string, readonly number[]>>;
}

/**
 * Which of the bundle's graphs gave the outputs: those for CPUs, which compute in integers, or those for accelerators.
 */
export type GoldenGraphs = 'cpu' | 'accelerator';

export interface Golden {
  /** SHA-256 of the graphs that gave the outputs. */
  readonly graphs: Readonly<Record<string, string>>;
  readonly utterances: readonly GoldenUtterance[];
}

export function readGolden(): Readonly<Record<GoldenGraphs, Golden>> {
  return JSON.parse(readFileSync(new URL('../../fixtures/golden/model-scores.json', import.meta.url), 'utf8'));
}

export function goldenTokens({ tokens, contextTokens = 0, seed }: GoldenUtterance): TextTokens {
  const wordsOf = (count: number) =>
    Array.from({ length: count }, (_, i) => 2000 + (((i + 1) * 379 + seed * 911) % 9000));
  const own = [101, ...wordsOf(tokens - 2), 102];
  const context = contextTokens === 0 ? [] : [...wordsOf(contextTokens - 1), 102];
  return { ids: Int32Array.from([...own, ...context]), ownCount: tokens };
}

export function goldenFaces({ faceCount, seed }: GoldenUtterance): FaceGroups {
  const pixels = new Uint8Array(5 * 10 * 64 * 64);
  for (let group = 0; group < 5; group += 1) {
    for (let slot = 0; slot < 10; slot += 1) {
      const face = group * 5 + slot;
      if (face >= Math.min(faceCount, 25)) continue;
      for (let i = 0; i < 64 * 64; i += 1) {
        pixels[(group * 10 + slot) * 64 * 64 + i] = (i * (2 * seed + 1) + Math.floor(i / 64) * 5 + face * 31) % 256;
      }
    }
  }
  return { pixels, faceCount };
}

/** The baseline of the utterance's voice. Null when there is none. */
export function goldenBaseline(utterance: GoldenUtterance, size: number): AudioBaseline | null {
  const { seed, baselineUtterances = 0 } = utterance;
  if (baselineUtterances === 0) return null;
  return { mean: goldenVoice({ seed: seed + 1 }, size), utterances: baselineUtterances };
}

export function goldenVoice({ seed }: Pick<GoldenUtterance, 'seed'>, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => (((i * 37 * seed) % 101) - 50) / 8);
}
