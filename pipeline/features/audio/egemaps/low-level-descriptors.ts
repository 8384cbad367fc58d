import type { AuditorySpectrum } from './auditory-spectrum.ts';
import { Contour } from './contour.ts';
import { FORMANT_COUNT, type Formants } from './formants.ts';
import type { Harmonics } from './harmonics.ts';
import type { SpectralShape } from './spectral-shape.ts';
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
  readonly #formantHzAt = new Float64Array(FORMANT_COUNT);

  /** Forgets the frames before `frame`. */
  forgetBefore(frame: number): void {
    for (const contour of this.#all) contour.forgetBefore(frame);
  }

  setShort(frame: number, energy: number, auditory: AuditorySpectrum, shape: SpectralShape): void {
    this.energy.set(frame, energy);
    this.loudness.set(frame, auditory.loudness);
    this.alphaRatio.set(frame, shape.alphaRatio);
    this.hammarbergIndex.set(frame, shape.hammarbergIndex);
    this.slope0To500.set(frame, shape.slope0To500);
    this.slope500To1500.set(frame, shape.slope500To1500);
    this.flux.set(frame, shape.flux);
    for (let c = 0; c < this.mfcc.length; c++) this.mfcc[c]!.set(frame, auditory.cepstrum[c]!);
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
