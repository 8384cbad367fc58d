const withMoments = (descriptor: string): readonly string[] => [`${descriptor}_amean`, `${descriptor}_stddevNorm`];

const withContour = (descriptor: string): readonly string[] => [
  ...withMoments(descriptor),
  `${descriptor}_percentile20.0`,
  `${descriptor}_percentile50.0`,
  `${descriptor}_percentile80.0`,
  `${descriptor}_pctlrange0-2`,
  `${descriptor}_meanRisingSlope`,
  `${descriptor}_stddevRisingSlope`,
  `${descriptor}_meanFallingSlope`,
  `${descriptor}_stddevFallingSlope`,
];

const EVERY_FRAME = ['spectralFlux', 'mfcc1', 'mfcc2', 'mfcc3', 'mfcc4'];
const VOICED_FRAMES = [
  'jitterLocal',
  'shimmerLocaldB',
  'HNRdBACF',
  'logRelF0-H1-H2',
  'logRelF0-H1-A3',
  'F1frequency',
  'F1bandwidth',
  'F1amplitudeLogRelF0',
  'F2frequency',
  'F2bandwidth',
  'F2amplitudeLogRelF0',
  'F3frequency',
  'F3bandwidth',
  'F3amplitudeLogRelF0',
  'alphaRatioV',
  'hammarbergIndexV',
  'slopeV0-500',
  'slopeV500-1500',
  'spectralFluxV',
  'mfcc1V',
  'mfcc2V',
  'mfcc3V',
  'mfcc4V',
];
const UNVOICED_FRAMES = ['alphaRatioUV', 'hammarbergIndexUV', 'slopeUV0-500', 'slopeUV500-1500', 'spectralFluxUV'];

/** The 88 functionals of eGeMAPSv02 (Eyben et al. 2016) in openSMILE's order, by openSMILE's names. */
export const EGEMAPS_FEATURE_NAMES: readonly string[] = [
  ...withContour('F0semitoneFrom27.5Hz_sma3nz'),
  ...withContour('loudness_sma3'),
  ...EVERY_FRAME.flatMap((name) => withMoments(`${name}_sma3`)),
  ...VOICED_FRAMES.flatMap((name) => withMoments(`${name}_sma3nz`)),
  ...UNVOICED_FRAMES.map((name) => `${name}_sma3nz_amean`),
  'loudnessPeaksPerSec',
  'VoicedSegmentsPerSec',
  'MeanVoicedSegmentLengthSec',
  'StddevVoicedSegmentLengthSec',
  'MeanUnvoicedSegmentLength',
  'StddevUnvoicedSegmentLength',
  'equivalentSoundLevel_dBp',
];

/** Number of eGeMAPS functionals. */
export const EGEMAPS_FEATURE_COUNT = 88;
