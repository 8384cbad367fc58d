import { SAMPLE_RATE_HZ } from '../../../../media/media-time.ts';
import { SHORT_FFT_SIZE } from '../../egemaps/framing.ts';
import { htkBandCentresHz, htkFilterBank, slaneyFilterBank } from './filter-bank.ts';

/** Bands of the MFCC, over 2048 samples. */
export const MFCC_BANDS = slaneyFilterBank(128, 2048, SAMPLE_RATE_HZ);
/** Bands that the voice encoder reads, over 512 samples. */
export const MEL_BANDS = slaneyFilterBank(80, 512, SAMPLE_RATE_HZ);

const HTK_BAND_COUNT = 26;
const LOWEST_HZ = 20;
const HIGHEST_HZ = 8000;
/** Bands of openSMILE's auditory spectrum. */
export const HTK_BANDS = htkFilterBank(HTK_BAND_COUNT, SHORT_FFT_SIZE, SAMPLE_RATE_HZ, LOWEST_HZ, HIGHEST_HZ);
/** Of each of {@link HTK_BANDS}, the sensitivity of hearing. */
export const SENSITIVITY = htkBandCentresHz(HTK_BAND_COUNT, LOWEST_HZ, HIGHEST_HZ).map(equalLoudness);

const LIFTER = 22;
/** Coefficients of the cepstrum, from the first on. */
export const CEPSTRUM_COUNT = 4;
/** Orthonormal DCT-II over {@link HTK_BANDS}, a row per coefficient, each with HTK's sinusoidal lifter. */
export const CEPSTRUM_COSINES = Float64Array.from({ length: CEPSTRUM_COUNT * HTK_BAND_COUNT }, (_, i) => {
  const order = Math.floor(i / HTK_BAND_COUNT) + 1;
  const scale = Math.sqrt(2 / HTK_BAND_COUNT) * (1 + (LIFTER / 2) * Math.sin((Math.PI * order) / LIFTER));
  return scale * Math.cos((Math.PI * order * ((i % HTK_BAND_COUNT) + 0.5)) / HTK_BAND_COUNT);
});

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
