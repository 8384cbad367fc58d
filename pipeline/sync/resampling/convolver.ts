import { readFileSync } from 'node:fs';

interface Functions {
  readonly memory: WebAssembly.Memory;
  convolve(
    table: number,
    input: number,
    output: number,
    taps: number,
    phases: number,
    step: number,
    phase: number,
    count: number,
  ): void;
}

/** The filters of a resampler, one per phase. */
export interface PhaseFilters {
  /** Rows of `taps` weights, at least one row per phase. */
  readonly weights: Float32Array;
  readonly taps: number;
  readonly phases: number;
  /** Phases from one output sample to the next. */
  readonly step: number;
}

/** Output samples per call of the module. */
const BLOCK_SAMPLES = 2048;
/** The module adds four products at a time. */
const LANES = 4;
const PAGE_BYTES = 65_536;
const FLOAT_BYTES = 4;

let module: WebAssembly.Module | null = null;

/** Applies phase filters in WebAssembly: `convolve.wasm`, which `build.sh` makes from `convolve.c`. */
export class Convolver {
  readonly #filters: PhaseFilters;
  readonly #taps: number;
  readonly #convolve: Functions['convolve'];
  readonly #addresses: { readonly table: number; readonly input: number; readonly output: number };
  readonly #input: Float32Array;
  readonly #output: Float32Array;

  constructor(filters: PhaseFilters) {
    const { weights, taps, phases, step } = filters;
    module ??= new WebAssembly.Module(readFileSync(new URL('./convolve.wasm', import.meta.url)));
    const { memory, convolve } = new WebAssembly.Instance(module).exports as unknown as Functions;
    this.#filters = filters;
    this.#convolve = convolve;
    this.#taps = LANES * Math.ceil(taps / LANES);
    const inputLength = Math.ceil((BLOCK_SAMPLES * step) / phases) + this.#taps + LANES;
    const lengths = [phases * this.#taps, LANES * Math.ceil(inputLength / LANES), BLOCK_SAMPLES];
    const table = memory.buffer.byteLength;
    const input = table + FLOAT_BYTES * lengths[0]!;
    const output = input + FLOAT_BYTES * lengths[1]!;
    memory.grow(Math.ceil((output + FLOAT_BYTES * lengths[2]! - table) / PAGE_BYTES));
    this.#addresses = { table, input, output };
    this.#input = new Float32Array(memory.buffer, input, lengths[1]);
    this.#output = new Float32Array(memory.buffer, output, lengths[2]);
    const rows = new Float32Array(memory.buffer, table, lengths[0]);
    for (let phase = 0; phase < phases; phase++) {
      rows.set(weights.subarray(phase * taps, (phase + 1) * taps), phase * this.#taps);
    }
  }

  /**
   * Fills `output`.
   *
   * @param samples - the input.
   * @param first - index of the first input sample that the first output sample depends on.
   * @param phase - of the first output sample.
   */
  fill(output: Float32Array, samples: Float32Array, first: number, phase: number): void {
    const { taps, phases, step } = this.#filters;
    const { table, input, output: target } = this.#addresses;
    let at = first;
    let from = phase;
    for (let done = 0; done < output.length; done += BLOCK_SAMPLES) {
      const count = Math.min(BLOCK_SAMPLES, output.length - done);
      const needed = Math.floor((from + (count - 1) * step) / phases) + taps;
      this.#input.set(samples.subarray(at, at + needed));
      // The weights beyond the taps are zero. What they are multiplied with must be a number.
      this.#input.fill(0, needed, needed + LANES);
      this.#convolve(table, input, target, this.#taps, phases, step, from, count);
      output.set(this.#output.subarray(0, count), done);
      from += count * step;
      at += Math.floor(from / phases);
      from %= phases;
    }
  }
}
