import { Contour } from './contour.ts';
import { FORMANT_COUNT, type Formants } from './formants.ts';
import type { Harmonics } from './harmonics.ts';
import type { VoiceQuality } from './voice-quality.ts';

/** The unsmoothed contours of an utterance, one value every 10 ms. */
export class LowLevelDescriptors {
  readonly #all: Contour[] = [];
  readonly energy = this.#contour();
  readonly loudness = this.#contour();
  readonly alphaRatio = this.#contour();
  readonly hammarbergIndex = this.#contour();
  readonly slope0To500 = this.#contour();
  readonly slope500To1500 = this.#contour();
  readonly flux = this.#contour();
  readonly mfcc = this.#contours(4);
  /** Not set in unvoiced frames, unless they were requested for every frame. */
  readonly formantHz = this.#contours(FORMANT_COUNT);
  readonly bandwidthHz = this.#contours(FORMANT_COUNT);
  /** Root mean square of the windowed 60 ms frame. */
  readonly rms = this.#contour();
  /** 0 in unvoiced frames. So are all following fields except `formantDb`. */
  readonly pitchHz = this.#contour();
  readonly semitones = this.#contour();
  readonly jitter = this.#contour();
  readonly shimmerDb = this.#contour();
  readonly hnrDb = this.#contour();
  readonly h1H2Db = this.#contour();
  readonly h1A3Db = this.#contour();
  readonly formantDb = this.#contours(FORMANT_COUNT);
  /** In the order of the kernels' values of a short frame. */
  readonly #short: readonly Contour[] = [
    this.energy,
    this.loudness,
    this.alphaRatio,
    this.hammarbergIndex,
    this.slope0To500,
    this.slope500To1500,
    this.flux,
    ...this.mfcc,
  ];
  readonly #formantHzAt = new Float64Array(FORMANT_COUNT);

  /** Forgets the frames before `frame`. */
  forgetBefore(frame: number): void {
    for (const contour of this.#all) contour.forgetBefore(frame);
  }

  /** @param values in the kernels' order. */
  setShort(frame: number, values: Float32Array): void {
    for (let i = 0; i < this.#short.length; i++) this.#short[i]!.set(frame, values[i]!);
  }

  setFormants(frame: number, formants: Formants): void {
    for (let f = 0; f < FORMANT_COUNT; f++) {
      this.formantHz[f]!.set(frame, formants.hz[f]!);
      this.bandwidthHz[f]!.set(frame, formants.bandwidthHz[f]!);
    }
  }

  setVoice(frame: number, quality: VoiceQuality, harmonics: Harmonics): void {
    this.jitter.set(frame, quality.jitter);
    this.shimmerDb.set(frame, quality.shimmerDb);
    this.hnrDb.set(frame, harmonics.hnrDb);
    this.h1H2Db.set(frame, harmonics.h1H2Db);
    this.h1A3Db.set(frame, harmonics.h1A3Db);
    for (let f = 0; f < FORMANT_COUNT; f++) this.formantDb[f]!.set(frame, harmonics.formantDb[f]!);
  }

  /** The frame's formant frequencies, in an array that the next call overwrites. */
  formantHzAt(frame: number): Float64Array {
    for (let f = 0; f < FORMANT_COUNT; f++) this.#formantHzAt[f] = this.formantHz[f]!.at(frame);
    return this.#formantHzAt;
  }

  #contour(): Contour {
    const contour = new Contour();
    this.#all.push(contour);
    return contour;
  }

  #contours(count: number): readonly Contour[] {
    return Array.from({ length: count }, () => this.#contour());
  }
}
