/** Resolution of the survey of a recording, ms. */
export const STEP_MS = 100;

/** How loud one channel of a recording is over time. */
export interface ChannelLevel {
  /** Level of the loud parts, dB below full scale. */
  readonly loudDb: number;
  /** Level of the quiet parts, dB below full scale. */
  readonly floorDb: number;
  readonly isSilent: boolean;
  /** 1 for each step of {@link STEP_MS} that is as loud as speech of this channel, else 0. */
  readonly voiced: Uint8Array;
}

/** Speech of two seconds, or of a twentieth of a short recording, is as loud as this. */
const LOUD_STEPS = 20;
const LOUD_SHARE = 0.05;
const FLOOR_SHARE = 0.1;
/** How far below its loud parts a voice may fall, dB. */
const VOICE_RANGE_DB = 30;
/** A channel is silent if its loud parts are quieter than the first, or quieter than the second and steady. */
const SILENT_DB = -70;
const STEADY_DB = -50;
const STEADY_RANGE_DB = 6;
/** A voice is this much louder than the noise around it, dB. */
const VOICE_OVER_NOISE_DB = 12;

/** Finds where a channel is as loud as speech, from its level per {@link STEP_MS}, dB below full scale. */
export function measureLevel(levelsDb: Float32Array): ChannelLevel {
  const sorted = Float32Array.from(levelsDb).sort();
  const count = sorted.length;
  if (count === 0) return { loudDb: SILENT_DB, floorDb: SILENT_DB, isSilent: true, voiced: new Uint8Array(0) };
  const loudSteps = Math.min(LOUD_STEPS, Math.ceil(count * LOUD_SHARE));
  const loudDb = sorted[count - loudSteps]!;
  const floorDb = sorted[Math.floor(count * FLOOR_SHARE)]!;
  const rangeDb = loudDb - floorDb;
  const isSilent = loudDb < SILENT_DB || (loudDb < STEADY_DB && rangeDb < STEADY_RANGE_DB);
  const thresholdDb = Math.max(loudDb - VOICE_RANGE_DB, floorDb + rangeDb * 0.4);
  const voiced = Uint8Array.from(levelsDb, (db) => (!isSilent && db >= thresholdDb ? 1 : 0));
  return { loudDb, floorDb, isSilent, voiced };
}

/** Counts voiced steps of any stretch of time, after one pass over them. */
export class VoiceCounter {
  readonly #sums: Uint32Array;

  constructor(voiced: Uint8Array) {
    this.#sums = new Uint32Array(voiced.length + 1);
    for (let step = 0; step < voiced.length; step++) this.#sums[step + 1] = this.#sums[step]! + voiced[step]!;
  }

  /** How many steps the recording has. */
  get steps(): number {
    return this.#sums.length - 1;
  }

  get voicedSteps(): number {
    return this.#sums.at(-1)!;
  }

  /** Voiced steps from `from` up to `to`. What is outside the recording is silent. */
  between(from: number, to: number): number {
    const at = (step: number) => this.#sums[Math.min(this.steps, Math.max(0, step))]!;
    return Math.max(0, at(to) - at(from));
  }
}

/** A stretch of steps, half-open. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

/** The steps nearest to a stretch of time; at least one. */
export function stepsOf({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): StepRange {
  const from = Math.round(startMs / STEP_MS);
  return { from, to: Math.max(from + 1, Math.round(endMs / STEP_MS)) };
}

/** A channel quieter than the first is raised to the second, by at most the third, dB. */
const QUIET_DB = -42;
const USUAL_DB = -26;
const MAX_GAIN_DB = 36;

/**
 * The factor that brings a quiet voice to a usual level. 1 for a voice that is loud enough, and for a channel that is
 * silent.
 *
 * @param levelsDb - level per step.
 * @param heard - 1 for each step that counts. Null: all.
 */
export function gainOf(levelsDb: Float32Array, heard: Uint8Array | null): number {
  const { loudDb, floorDb, isSilent } = measureLevel(
    heard === null ? levelsDb : levelsDb.filter((_, i) => heard[i] === 1),
  );
  const isVoice = !isSilent && loudDb - floorDb >= VOICE_OVER_NOISE_DB;
  if (!isVoice || loudDb >= QUIET_DB) return 1;
  return 10 ** (Math.min(MAX_GAIN_DB, USUAL_DB - loudDb) / 20);
}

/** The steps that are in both. A mask of null holds all steps. */
export function masked(steps: Uint8Array, mask: Uint8Array | null): Uint8Array {
  return mask === null ? steps : steps.map((value, step) => value & mask[step]!);
}
