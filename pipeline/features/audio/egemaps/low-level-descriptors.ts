import type { AuditorySpectrum } from './auditory-spectrum.ts';
import { Contour } from './contour.ts';
import { FORMANT_COUNT, type Formants } from './formants.ts';
import type { Harmonics } from './harmonics.ts';
import type { SpectralShape } from './spectral-shape.ts';
import type { VoiceQuality } from './voice-quality.ts';

const contours = (count: number): readonly Contour[] => Array.from({ length: count }, () => new Contour());

/** The unsmoothed contours of an utterance, one value every 10 ms. */
export class LowLevelDescriptors {
  readonly energy = new Contour();
  readonly loudness = new Contour();
  readonly alphaRatio = new Contour();
  readonly hammarbergIndex = new Contour();
  readonly slope0To500 = new Contour();
  readonly slope500To1500 = new Contour();
  readonly flux = new Contour();
  readonly mfcc = contours(4);
  readonly formantHz = contours(FORMANT_COUNT);
  readonly bandwidthHz = contours(FORMANT_COUNT);
  /** Root mean square of the windowed 60 ms frame. */
  readonly rms = new Contour();
  /** 0 where unvoiced, as in all that follow but `formantDb`. */
  readonly pitchHz = new Contour();
  readonly semitones = new Contour();
  readonly jitter = new Contour();
  readonly shimmerDb = new Contour();
  readonly hnrDb = new Contour();
  readonly h1H2Db = new Contour();
  readonly h1A3Db = new Contour();
  readonly formantDb = contours(FORMANT_COUNT);
  readonly #formantHzAt = new Float64Array(FORMANT_COUNT);

  setShort(frame: number, energy: number, auditory: AuditorySpectrum, shape: SpectralShape, formants: Formants): void {
    this.energy.set(frame, energy);
    this.loudness.set(frame, auditory.loudness);
    this.alphaRatio.set(frame, shape.alphaRatio);
    this.hammarbergIndex.set(frame, shape.hammarbergIndex);
    this.slope0To500.set(frame, shape.slope0To500);
    this.slope500To1500.set(frame, shape.slope500To1500);
    this.flux.set(frame, shape.flux);
    for (let c = 0; c < this.mfcc.length; c++) this.mfcc[c]!.set(frame, auditory.cepstrum[c]!);
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
}
