/** Triangular filters over the bins of a power spectrum, stored without their zeros. */
export interface FilterBank {
  readonly bandCount: number;
  /** First bin of each band. */
  readonly firstBin: Uint16Array;
  /** Where each band's weights start in `weights`; one more entry than bands. */
  readonly offset: Uint32Array;
  readonly weights: Float64Array;
}

/**
 * Slaney's Auditory Toolbox scale (linear below 1 kHz, logarithmic above) with triangles of unit area: the mel filters
 * that librosa uses by default.
 */
export function slaneyFilterBank(bandCount: number, fftSize: number, sampleRateHz: number): FilterBank {
  const topMel = hzToSlaneyMel(sampleRateHz / 2);
  const edges = Array.from({ length: bandCount + 2 }, (_, i) => slaneyMelToHz((topMel * i) / (bandCount + 1)));
  return filterBank(bandCount, fftSize / 2 + 1, (band, bin) => {
    const hz = (bin * sampleRateHz) / fftSize;
    const [low, centre, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    return (Math.min((hz - low) / (centre - low), (high - hz) / (high - centre)) * 2) / (high - low);
  });
}

/**
 * HTK's scale, `1127 ln(1 + f/700)`, with triangles of height one drawn on the mel axis: the filters of openSMILE's
 * auditory spectrum. A bin below the bin nearest to the lower border does not count.
 */
export function htkFilterBank(
  bandCount: number,
  fftSize: number,
  sampleRateHz: number,
  lowHz: number,
  highHz: number,
): FilterBank {
  const lowMel = hzToHtkMel(lowHz);
  const stepMel = (hzToHtkMel(highHz) - lowMel) / (bandCount + 1);
  const binHz = sampleRateHz / fftSize;
  const lowestBin = Math.round(lowHz / binHz) + 1;
  return filterBank(bandCount, fftSize / 2 + 1, (band, bin) => {
    if (bin < lowestBin) return 0;
    const position = (hzToHtkMel(bin * binHz) - lowMel) / stepMel - band;
    return Math.min(position, 2 - position);
  });
}

/** Centre frequencies of {@link htkFilterBank}'s bands, Hz. */
export function htkBandCentresHz(bandCount: number, lowHz: number, highHz: number): Float64Array {
  const lowMel = hzToHtkMel(lowHz);
  const stepMel = (hzToHtkMel(highHz) - lowMel) / (bandCount + 1);
  return Float64Array.from(
    { length: bandCount },
    (_, band) => 700 * Math.expm1((lowMel + (band + 1) * stepMel) / 1127),
  );
}

function filterBank(bandCount: number, binCount: number, weightAt: (band: number, bin: number) => number): FilterBank {
  const firstBin = new Uint16Array(bandCount);
  const offset = new Uint32Array(bandCount + 1);
  const weights: number[] = [];
  for (let band = 0; band < bandCount; band++) {
    for (let bin = 0; bin < binCount; bin++) {
      const weight = weightAt(band, bin);
      if (weight <= 0) continue;
      if (weights.length === offset[band]) firstBin[band] = bin;
      weights.push(weight);
    }
    offset[band + 1] = weights.length;
  }
  return { bandCount, firstBin, offset, weights: Float64Array.from(weights) };
}

function hzToHtkMel(hz: number): number {
  return 1127 * Math.log1p(hz / 700);
}

const SLANEY_LINEAR_HZ = 200 / 3;
const SLANEY_BREAK_HZ = 1000;
const SLANEY_BREAK_MEL = SLANEY_BREAK_HZ / SLANEY_LINEAR_HZ;
const SLANEY_LOG_STEP = Math.log(6.4) / 27;

function hzToSlaneyMel(hz: number): number {
  return hz < SLANEY_BREAK_HZ
    ? hz / SLANEY_LINEAR_HZ
    : SLANEY_BREAK_MEL + Math.log(hz / SLANEY_BREAK_HZ) / SLANEY_LOG_STEP;
}

function slaneyMelToHz(mel: number): number {
  return mel < SLANEY_BREAK_MEL
    ? mel * SLANEY_LINEAR_HZ
    : SLANEY_BREAK_HZ * Math.exp(SLANEY_LOG_STEP * (mel - SLANEY_BREAK_MEL));
}
