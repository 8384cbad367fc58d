import { SAMPLE_RATE_HZ } from '../../../media/media-time.ts';
import { applyFilterBank, htkBandCentresHz, htkFilterBank } from '../mel.ts';
import { SHORT_FFT_SIZE } from './framing.ts';

const BAND_COUNT = 26;
const LOWEST_HZ = 20;
const HIGHEST_HZ = 8000;
const COMPRESSION = 0.33;
/** Least energy of a band: about one step of 16-bit audio. */
const BAND_FLOOR = 9.3e-10;
const MFCC_COUNT = 4;
const LIFTER = 22;
/** HTK scales samples to 16-bit integers before it takes the logarithm. */
const HTK_SAMPLE_SCALE = 32767;
const HTK_BAND_FLOOR = 1;

const filters = htkFilterBank(BAND_COUNT, SHORT_FFT_SIZE, SAMPLE_RATE_HZ, LOWEST_HZ, HIGHEST_HZ);
const sensitivity = htkBandCentresHz(BAND_COUNT, LOWEST_HZ, HIGHEST_HZ).map(equalLoudness);
const cosines = lifteredCosines();

/** Loudness and the first cepstral coefficients of a 20 ms frame, both over 26 mel bands of its power spectrum. */
export class AuditorySpectrum {
  readonly #bands = new Float64Array(BAND_COUNT);
  /** MFCC 1–4 of the latest frame. */
  readonly cepstrum = new Float64Array(MFCC_COUNT);
  /** Mean of the latest frame's compressed, equal-loudness weighted bands: a model of perceived loudness, ≥ 0. */
  loudness = 0;

  analyze(power: Float64Array): void {
    const bands = this.#bands;
    applyFilterBank(filters, power, bands);
    let loudness = 0;
    for (let band = 0; band < BAND_COUNT; band++) {
      loudness += (Math.max(BAND_FLOOR, bands[band]!) * sensitivity[band]!) ** COMPRESSION;
      bands[band] = Math.log(Math.max(HTK_BAND_FLOOR, bands[band]! * HTK_SAMPLE_SCALE * HTK_SAMPLE_SCALE));
    }
    this.loudness = loudness / BAND_COUNT;
    for (let c = 0; c < MFCC_COUNT; c++) {
      let sum = 0;
      for (let band = 0; band < BAND_COUNT; band++) sum += cosines[c * BAND_COUNT + band]! * bands[band]!;
      this.cepstrum[c] = sum;
    }
  }
}

/**
 * Sensitivity of hearing at about 40 phon (Hermansky 1990, eq. 4, with the additional fall above 5 kHz), scaled as
 * openSMILE scales it. openSMILE raises the angular frequency of the steep term to the power of 7.
 */
function equalLoudness(hz: number): number {
  const omega = 2 * Math.PI * hz;
  const square = omega * omega;
  const middle = ((square + 56.8e6) * square * square) / ((square + 6.3e6) ** 2 * (square + 0.38e9));
  return (middle * 1e32) / (1.7e31 + omega ** 7);
}

/** Orthonormal DCT-II rows 1–4, each with HTK's sinusoidal lifter. */
function lifteredCosines(): Float64Array {
  const rows = new Float64Array(MFCC_COUNT * BAND_COUNT);
  for (let c = 0; c < MFCC_COUNT; c++) {
    const order = c + 1;
    const scale = Math.sqrt(2 / BAND_COUNT) * (1 + (LIFTER / 2) * Math.sin((Math.PI * order) / LIFTER));
    for (let band = 0; band < BAND_COUNT; band++) {
      rows[c * BAND_COUNT + band] = scale * Math.cos((Math.PI * order * (band + 0.5)) / BAND_COUNT);
    }
  }
  return rows;
}
