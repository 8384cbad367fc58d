/** A recording in memory. */
export interface WavRecording {
  readonly sampleRateHz: number;
  /** One array a channel, −1…1. */
  readonly channels: readonly Float32Array[];
}

const PCM = 1;
/** The real format follows in a longer header; 16-bit PCM is written in this way too. */
const EXTENSIBLE = 0xfffe;

/**
 * Reads a WAV file of 16-bit PCM.
 *
 * @throws Error in one sentence when it is not one.
 */
export function readWav(bytes: Uint8Array): WavRecording {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12 || textAt(view, 0) !== 'RIFF' || textAt(view, 8) !== 'WAVE') {
    throw new Error('not a WAV file');
  }
  let format: { readonly channelCount: number; readonly sampleRateHz: number } | null = null;
  for (let offset = 12; offset + 8 <= bytes.byteLength; ) {
    const chunk = textAt(view, offset);
    const start = offset + 8;
    const length = Math.min(view.getUint32(offset + 4, true), bytes.byteLength - start);
    if (chunk === 'fmt ' && length >= 16) {
      const encoding = view.getUint16(start, true);
      if ((encoding !== PCM && encoding !== EXTENSIBLE) || view.getUint16(start + 14, true) !== 16) {
        throw new Error('only WAV files of 16-bit PCM can be read');
      }
      format = { channelCount: view.getUint16(start + 2, true), sampleRateHz: view.getUint32(start + 4, true) };
    }
    if (chunk === 'data' && format !== null && format.channelCount > 0) {
      const { channelCount, sampleRateHz } = format;
      return { sampleRateHz, channels: readChannels(view, start, length, channelCount) };
    }
    // Chunks of odd length are padded.
    offset = start + length + (length % 2);
  }
  throw new Error('the WAV file holds no samples');
}

function readChannels(view: DataView, start: number, length: number, channelCount: number): Float32Array[] {
  const frameCount = Math.floor(length / (2 * channelCount));
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(frameCount);
    for (let frame = 0; frame < frameCount; frame += 1) {
      samples[frame] = view.getInt16(start + 2 * (frame * channelCount + channel), true) / 0x8000;
    }
    return samples;
  });
}

function textAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}
