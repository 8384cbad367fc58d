/** Name under which {@link PACKET_WORKLET_SOURCE} registers its processor. */
export const PACKET_WORKLET_NAME = 'undertone-packets';

/** One message of the processor. */
export interface CapturedPacket {
  /** Samples since the audio context began, of the first one. */
  readonly firstSample: number;
  /** Mono, −1…1; the receiver owns the buffer. */
  readonly samples: Float32Array;
}

/**
 * Source of an AudioWorklet that mixes its input to mono and posts packets of `processorOptions.packetSamples`. It is
 * text because a worklet is loaded from an address of its own, and a library does not know where it is served from.
 */
export const PACKET_WORKLET_SOURCE: string = `
class PacketProcessor extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.packetSamples = processorOptions.packetSamples;
    this.samples = new Float32Array(this.packetSamples);
    this.filled = 0;
    this.firstSample = 0;
  }
  process([channels], [output]) {
    const quantum = output[0].length;
    for (let index = 0; index < quantum; index += 1) {
      if (this.filled === 0) this.firstSample = currentFrame + index;
      let sum = 0;
      for (const channel of channels) sum += channel[index];
      this.samples[this.filled] = channels.length === 0 ? 0 : sum / channels.length;
      this.filled += 1;
      if (this.filled === this.packetSamples) {
        const samples = this.samples;
        this.port.postMessage({ firstSample: this.firstSample, samples }, [samples.buffer]);
        this.samples = new Float32Array(this.packetSamples);
        this.filled = 0;
      }
    }
    return true;
  }
}
registerProcessor('${PACKET_WORKLET_NAME}', PacketProcessor);
`;
