import { readFileSync } from 'node:fs';
import { VAD_FRAME_SAMPLES } from '../../../models/model-interfaces.ts';

const HEADER_BYTES = 44;

/** Two seconds of synthetic speech at 16 kHz, cut to a whole number of voice-activity frames. */
export function readSpeech(): Float32Array {
  const file = readFileSync(new URL('../../fixtures/models/flite-speech.wav', import.meta.url));
  const sampleCount = (file.length - HEADER_BYTES) / 2;
  const samples = new Float32Array(sampleCount - (sampleCount % VAD_FRAME_SAMPLES));
  for (let i = 0; i < samples.length; i += 1) samples[i] = file.readInt16LE(HEADER_BYTES + 2 * i) / 32_768;
  return samples;
}
