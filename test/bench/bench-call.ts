import { byArrival, type CallItem, pictureItems } from '../support/e2e/call-script.ts';
import { AGENT, CUSTOMER, readSampleCall, readSamplePictures } from '../support/e2e/sample-call.ts';

/** What a browser sends, Hz. */
const SAMPLE_RATE_HZ = 16_000;
/** What a live recogniser takes to send the words after the last one was spoken, ms. */
const RECOGNITION_DELAY_MS = 1500;

/** The bundled call as it is published in a benchmark: decoded before the measurement begins. */
export interface BenchCall {
  readonly durationMs: number;
  /** Two voices and their words. */
  readonly audioAndText: readonly CallItem[];
  /** The same with a camera on either side, 6 pictures a second. */
  readonly audioVideoAndText: readonly CallItem[];
}

export async function readBenchCall(): Promise<BenchCall> {
  const [call, jpegs] = await Promise.all([readSampleCall(SAMPLE_RATE_HZ), readSamplePictures()]);
  const { durationMs } = call;
  const audioAndText = [...call.audio(), ...call.words(RECOGNITION_DELAY_MS)];
  const video = [CUSTOMER, AGENT].flatMap((speaker) => pictureItems(speaker, jpegs, { untilMs: durationMs }));
  return {
    durationMs,
    audioAndText: byArrival(audioAndText),
    audioVideoAndText: byArrival([...audioAndText, ...video]),
  };
}
