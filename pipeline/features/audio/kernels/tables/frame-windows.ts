import { LONG_FRAME_SAMPLES, SHORT_FRAME_SAMPLES } from '../../egemaps/framing.ts';
import { gaussWindow, hammingWindow, hannWindow } from './windows.ts';

/** Of each kind of frame, the window that its samples are multiplied with. */
export const SHORT_WINDOW = hammingWindow(SHORT_FRAME_SAMPLES);
export const LONG_WINDOW = gaussWindow(LONG_FRAME_SAMPLES, 0.4);
export const MFCC_WINDOW = hannWindow(2048);
export const MEL_WINDOW = hannWindow(400);
/** The Hann window that Meyda applies. */
export const QUALITY_WINDOW = hannWindow(512, 511);
