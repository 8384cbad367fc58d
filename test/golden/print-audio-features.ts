/** Prints the audio features of each file of raw 16 kHz float32 samples named as an argument, a JSON array a line. */
import { readFileSync } from 'node:fs';
import { createAudioFeatureStream } from '../../pipeline/features/audio/audio-feature-stream.ts';

for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const stream = createAudioFeatureStream();
  stream.push(samples);
  console.log(JSON.stringify([...stream.finish(samples.length).features]));
}
