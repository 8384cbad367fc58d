/** What a feature is, for a reader. */
export interface FeatureMeaning {
  readonly definition: string;
  /** `–` for a number without a unit. */
  readonly unit: string;
  /** Where the definition comes from. */
  readonly source: string;
}

const EYBEN = 'Eyben 2016';
const DB = 'dB';

/** By the start of the feature's name; the first that fits. */
const DESCRIPTORS: readonly (readonly [start: string, what: string, unit: string, source: string])[] = [
  ['mfcc01_mean', '40 mel-frequency cepstral coefficients, mean over frames', DB, 'librosa 0.11'],
  ['F0semitone', 'pitch over 27.5 Hz: subharmonic summation, cheapest path', 'semitones', 'Hermes 1988'],
  ['loudnessPeaks', 'peaks of the loudness', '1/s', EYBEN],
  ['loudness', '26 mel bands, weighted by the sensitivity of hearing, to the power 0.33', '–', 'Hermansky 1990'],
  ['spectralFlux', 'root mean square change of the magnitudes up to 5 kHz', '–', EYBEN],
  ['mfcc', 'coefficient of the cepstrum of 26 mel bands, liftered by 22', '–', 'HTK book'],
  ['jitterLocal', 'difference of neighbouring periods over their mean length', '–', EYBEN],
  ['shimmerLocaldB', 'difference of neighbouring periods’ amplitudes over their mean', DB, EYBEN],
  ['HNRdBACF', 'harmonics to noise, from the autocorrelation’s peak at the period', DB, EYBEN],
  ['logRelF0-H1-H2', 'first harmonic above the fundamental over the second', DB, EYBEN],
  ['logRelF0-H1-A3', 'first harmonic above the fundamental over the third formant’s', DB, EYBEN],
  ['alphaRatio', 'energy of 1–5 kHz over energy below 1 kHz', DB, EYBEN],
  ['hammarbergIndex', 'strongest bin below 2 kHz over the strongest of 2–5 kHz', DB, EYBEN],
  ['slope', 'slope of the power spectrum in that band of Hz', 'dB/Hz', EYBEN],
  ['VoicedSegments', 'runs of voiced frames', '1/s', EYBEN],
  ['MeanVoiced', 'length of the runs of voiced frames, mean', 's', EYBEN],
  ['StddevVoiced', 'length of the runs of voiced frames, standard deviation', 's', EYBEN],
  ['MeanUnvoiced', 'length of the runs of unvoiced frames, mean', 's', EYBEN],
  ['StddevUnvoiced', 'length of the runs of unvoiced frames, standard deviation', 's', EYBEN],
  ['equivalentSound', 'mean energy of the samples', DB, EYBEN],
];

const FORMANT_PARTS: Readonly<Record<string, readonly [what: string, unit: string]>> = {
  frequency: ['frequency', 'Hz'],
  bandwidth: ['bandwidth', 'Hz'],
  amplitudeLogRelF0: ['strongest harmonic within 20 % of its frequency, over the fundamental', DB],
};

/** By the end of the feature's name. */
const FUNCTIONALS: readonly (readonly [end: string, what: string, unit: (unit: string) => string])[] = [
  ['_amean', 'mean', (unit) => unit],
  ['_stddevNorm', 'standard deviation over the mean', () => '–'],
  ['_percentile20.0', '20th percentile', (unit) => unit],
  ['_percentile50.0', 'median', (unit) => unit],
  ['_percentile80.0', '80th percentile', (unit) => unit],
  ['_pctlrange0-2', '80th less 20th percentile', (unit) => unit],
  ['_meanRisingSlope', 'rising slopes, mean', perSecond],
  ['_stddevRisingSlope', 'rising slopes, standard deviation', perSecond],
  ['_meanFallingSlope', 'falling slopes, mean', perSecond],
  ['_stddevFallingSlope', 'falling slopes, standard deviation', perSecond],
];

/** @throws RangeError for a name that no feature has. */
export function meaningOf(name: string): FeatureMeaning {
  const [what, unit, source] = descriptorOf(name);
  const [, functional, unitOf] = FUNCTIONALS.find(([end]) => name.endsWith(end)) ?? ['', null, (same: string) => same];
  const frames = framesOf(name);
  const parts = [what, ...(functional === null ? [] : [functional]), ...(frames === null ? [] : [frames])];
  return { definition: parts.join('; '), unit: unitOf(unit), source };
}

function descriptorOf(name: string): readonly [what: string, unit: string, source: string] {
  const [, number, part] = /^F([123])(frequency|bandwidth|amplitudeLogRelF0)/.exec(name) ?? [];
  if (part !== undefined) {
    const [what, unit] = FORMANT_PARTS[part]!;
    return [`formant ${number} (linear prediction of order 11 at 11 kHz): ${what}`, unit, EYBEN];
  }
  const descriptor = DESCRIPTORS.find(([start]) => name.startsWith(start));
  if (descriptor === undefined) throw new RangeError(`no feature is named ${name}`);
  return [descriptor[1], descriptor[2], descriptor[3]];
}

function framesOf(name: string): string | null {
  if (!name.includes('_sma3')) return null;
  if (/^(alphaRatio|hammarbergIndex|slope|spectralFlux)UV/.test(name)) return 'unvoiced frames';
  return name.includes('_sma3nz') && !name.includes('amplitude') ? 'voiced frames' : 'all frames';
}

function perSecond(unit: string): string {
  return unit === '–' ? '1/s' : `${unit}/s`;
}
