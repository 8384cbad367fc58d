import {
  CEPSTRUM_COSINES,
  CEPSTRUM_COUNT,
  HTK_BANDS,
  SENSITIVITY,
} from '../../../pipeline/features/audio/kernels/tables/mel-bands.ts';
import { applyFilterBank } from './apply-filter-bank.ts';

const BAND_COUNT = HTK_BANDS.bandCount;
const COMPRESSION = 0.33;
/** Least energy of a band: about one step of 16-bit audio. */
const BAND_FLOOR = 9.3e-10;
/** HTK scales samples to 16-bit integers before it takes the logarithm. */
const HTK_SAMPLE_SCALE = 32767;
const HTK_BAND_FLOOR = 1;

/** Loudness and the first cepstral coefficients of a 20 ms frame, both over 26 mel bands of its power spectrum. */
export class AuditorySpectrum {
  readonly #bands = new Float64Array(BAND_COUNT);
  /** MFCC 1–4 of the latest frame. */
  readonly cepstrum = new Float64Array(CEPSTRUM_COUNT);
  /** Mean of the latest frame's compressed, equal-loudness weighted bands: a model of perceived loudness, ≥ 0. */
  loudness = 0;

  analyze(power: Float64Array): void {
    const bands = this.#bands;
    applyFilterBank(HTK_BANDS, power, bands);
    let loudness = 0;
    for (let band = 0; band < BAND_COUNT; band++) {
      loudness += (Math.max(BAND_FLOOR, bands[band]!) * SENSITIVITY[band]!) ** COMPRESSION;
      bands[band] = Math.log(Math.max(HTK_BAND_FLOOR, bands[band]! * HTK_SAMPLE_SCALE * HTK_SAMPLE_SCALE));
    }
    this.loudness = loudness / BAND_COUNT;
    for (let c = 0; c < CEPSTRUM_COUNT; c++) {
      let sum = 0;
      for (let band = 0; band < BAND_COUNT; band++) sum += CEPSTRUM_COSINES[c * BAND_COUNT + band]! * bands[band]!;
      this.cepstrum[c] = sum;
    }
  }
}
