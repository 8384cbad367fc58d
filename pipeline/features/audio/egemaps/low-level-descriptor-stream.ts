import { joinSamples } from '../../../support/join-samples.ts';
import { forShortParts, SampleBuffer } from '../sample-buffer.ts';
import type { Contour } from './contour.ts';
import { DescriptorStream, EGEMAPS_REACH_SAMPLES } from './descriptor-stream.ts';
import type { LowLevelDescriptors } from './low-level-descriptors.ts';
import { average, averageNonZero } from './smoothing.ts';

/**
 * Columns of a {@link LowLevelDescriptorStream}: the 25 low-level descriptors of eGeMAPSv02 by openSMILE's names. Those
 * that end in `_sma3` are averaged over three frames, those in `_sma3nz` over the ones of three that are not zero.
 */
export const LOW_LEVEL_DESCRIPTOR_NAMES: readonly string[] = [
  'Loudness_sma3',
  'alphaRatio_sma3',
  'hammarbergIndex_sma3',
  'slope0-500_sma3',
  'slope500-1500_sma3',
  'spectralFlux_sma3',
  'mfcc1_sma3',
  'mfcc2_sma3',
  'mfcc3_sma3',
  'mfcc4_sma3',
  'F0semitoneFrom27.5Hz_sma3nz',
  'jitterLocal_sma3nz',
  'shimmerLocaldB_sma3nz',
  'HNRdBACF_sma3nz',
  'logRelF0-H1-H2_sma3nz',
  'logRelF0-H1-A3_sma3nz',
  'F1frequency_sma3nz',
  'F1bandwidth_sma3nz',
  'F1amplitudeLogRelF0_sma3nz',
  'F2frequency_sma3nz',
  'F2bandwidth_sma3nz',
  'F2amplitudeLogRelF0_sma3nz',
  'F3frequency_sma3nz',
  'F3bandwidth_sma3nz',
  'F3amplitudeLogRelF0_sma3nz',
];

const COLUMN_COUNT = LOW_LEVEL_DESCRIPTOR_NAMES.length;

/**
 * The contours behind the eGeMAPS functionals, one row per 10 ms, for audio of any length. Row `t` describes the samples
 * from `t · 160` on, and comes 0.47 s after them, when the pitch is decided. The rows do not depend on how the audio is
 * cut into chunks. Memory does not grow.
 *
 * Rows follow one another in an array that the caller owns. Each row has as many values as
 * {@link LOW_LEVEL_DESCRIPTOR_NAMES}, all finite.
 */
export interface LowLevelDescriptorStream {
  /** Takes the next samples, 16 kHz mono, −1…1, finite, and returns the rows that are now final, perhaps none. */
  push(samples: Float32Array): Float32Array;
  /**
   * Ends the audio and returns the remaining rows: in all one per frame of 60 ms. (openSMILE has one row more, and mixes
   * neighbouring frames into its last three.) The stream cannot be used again.
   */
  finish(): Float32Array;
}

export function createLowLevelDescriptorStream(): LowLevelDescriptorStream {
  const buffer = new SampleBuffer(EGEMAPS_REACH_SAMPLES);
  const descriptors = new DescriptorStream(buffer, { lookBackSamples: 0, formantsIn: 'every-frame' });
  const columns = columnsOf(descriptors.lld);
  let rowCount = 0;
  /** @param last the very last frame, once it is known. */
  const rowsBefore = (end: number, last = Number.POSITIVE_INFINITY): Float32Array => {
    const rows = new Float32Array(Math.max(0, end - rowCount) * COLUMN_COUNT);
    for (let at = 0; at < rows.length; rowCount++, at += COLUMN_COUNT) writeRow(columns, rowCount, last, rows, at);
    descriptors.lld.forgetBefore(rowCount - 1);
    return rows;
  };
  return {
    push(samples) {
      const settled: Float32Array[] = [];
      forShortParts(samples, (part) => {
        buffer.append(part);
        descriptors.advance();
        settled.push(rowsBefore(descriptors.settledFrames - 1));
      });
      return settled.length === 1 ? settled[0]! : joinSamples(settled);
    },
    finish() {
      descriptors.finish(buffer.length);
      return rowsBefore(descriptors.settledFrames, descriptors.settledFrames - 1);
    },
  };
}

interface Column {
  readonly contour: Contour;
  readonly smooth: typeof average;
  /** Whether the contour has values behind the last row. */
  readonly goesOn: boolean;
}

/** In the order of {@link LOW_LEVEL_DESCRIPTOR_NAMES}. */
function columnsOf(lld: LowLevelDescriptors): Column[] {
  const everyFrame = [
    lld.loudness,
    lld.alphaRatio,
    lld.hammarbergIndex,
    lld.slope0To500,
    lld.slope500To1500,
    lld.flux,
    ...lld.mfcc,
  ];
  const formants = lld.formantHz.flatMap((hz, f) => [hz, lld.bandwidthHz[f]!, lld.formantDb[f]!]);
  const voicedFrames = [lld.semitones, lld.jitter, lld.shimmerDb, lld.hnrDb, lld.h1H2Db, lld.h1A3Db, ...formants];
  return [
    ...everyFrame.map((contour) => ({ contour, smooth: average, goesOn: true })),
    ...voicedFrames.map((contour) => ({ contour, smooth: averageNonZero, goesOn: false })),
  ];
}

function writeRow(columns: readonly Column[], frame: number, last: number, rows: Float32Array, at: number): void {
  for (let c = 0; c < COLUMN_COUNT; c++) {
    const { contour, smooth, goesOn } = columns[c]!;
    const before = contour.at(Math.max(0, frame - 1));
    const after = contour.at(frame < last || goesOn ? frame + 1 : frame);
    rows[at + c] = smooth(before, contour.at(frame), after);
  }
}
