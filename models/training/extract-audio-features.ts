/**
 * Audio features for training, by the product's own stage, so that training and serving cannot drift apart.
 *
 * stdin: per utterance a u32 sample count and that many float32 samples (16 kHz mono), little-endian.
 * stdout: per utterance 128 float32 features, little-endian.
 */
import { readSync, writeSync } from 'node:fs';
import { createAudioFeatureStream } from '../../pipeline/features/audio/audio-feature-stream.ts';

const STDIN = 0;
const STDOUT = 1;

/** Fills `target` from stdin. False at the input's end; throws where the input ends inside `target`. */
function readWhole(target: Uint8Array): boolean {
  let held = 0;
  while (held < target.length) {
    const bytes = readSync(STDIN, target, held, target.length - held, null);
    if (bytes === 0) {
      if (held === 0) return false;
      throw new RangeError('the input ends inside an utterance');
    }
    held += bytes;
  }
  return true;
}

const count = new Uint32Array(1);
while (readWhole(new Uint8Array(count.buffer))) {
  const samples = new Float32Array(count[0] ?? 0);
  if (samples.length > 0 && !readWhole(new Uint8Array(samples.buffer))) {
    throw new RangeError('the input ends inside an utterance');
  }
  const stream = createAudioFeatureStream();
  stream.push(samples);
  const { features } = stream.finish(samples.length);
  writeSync(STDOUT, new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
}
