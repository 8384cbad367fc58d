import { OpusDecoder } from 'opus-decoder';
import { isOpusPacket } from '../codecs/opus-packet.ts';

/** Rate that voices are decoded at, in Hz: the pipeline's own, which Opus can give directly. */
export const OPUS_RATE_HZ = 16_000;

/** Decodes one Opus stream. */
export interface OpusVoice {
  /**
   * The next packet of the stream.
   *
   * @returns mono samples at {@link OPUS_RATE_HZ}, the caller's own; null when the bytes are no Opus packet.
   */
  decode(packet: Uint8Array): Float32Array | null;
  /** Gives its memory back; nothing is decoded after it. */
  close(): void;
}

/** Opens a decoder: libopus as WebAssembly, about 0.1 ms a packet. */
export async function openOpusVoice(): Promise<OpusVoice> {
  const decoder = new OpusDecoder({
    sampleRate: OPUS_RATE_HZ,
    channels: 1,
    streamCount: 1,
    // Stereo is mixed down by the decoder itself.
    coupledStreamCount: 0,
    channelMappingTable: [0],
    preSkip: 0,
  });
  await decoder.ready;
  let isOpen = true;
  return {
    decode(packet) {
      // The decoder writes to standard error what it cannot read: it gets none of that.
      if (!isOpen || !isOpusPacket(packet)) return null;
      const { channelData, errors } = decoder.decodeFrame(packet);
      const samples = channelData[0];
      return errors.length > 0 || samples === undefined || samples.length === 0 ? null : samples;
    },
    close() {
      if (isOpen) decoder.free();
      isOpen = false;
    },
  };
}
