import { AudioSample, CustomAudioDecoder, type EncodedPacket } from 'mediabunny';
import { mediaDecoders } from '../decoders/decoder-pool.ts';
import { AUDIO_CODECS, type AudioCodec, type DecodedFrame, type MediaDecoder } from '../decoders/media-decoder.ts';
import { sourceBytes } from './source-bytes.ts';

/** Packets that are decoded at once, so that the decoder's thread never waits for the next one. */
const MAX_AHEAD = 32;

/** Lets mediabunny decode sound with our decoders. */
export class RecordedSoundDecoder extends CustomAudioDecoder {
  #decoder: MediaDecoder | null = null;
  readonly #ahead: Promise<DecodedFrame[]>[] = [];

  static override supports(codec: string): boolean {
    return AUDIO_CODECS.some((each) => each === codec);
  }

  async init(): Promise<void> {
    const { description, sampleRate, numberOfChannels } = this.config;
    this.#decoder = await mediaDecoders.open({
      codec: this.codec as AudioCodec,
      config: sourceBytes(description),
      sampleRateHz: sampleRate,
      channelCount: numberOfChannels,
    });
  }

  async decode(packet: EncodedPacket): Promise<void> {
    const ticket = Math.round(packet.timestamp * this.config.sampleRate);
    this.#ahead.push(handled(this.#decoder!.decode({ data: packet.data, ticket })));
    await this.#handUntil(MAX_AHEAD);
  }

  async flush(): Promise<void> {
    this.#ahead.push(handled(this.#decoder!.flush()));
    await this.#handUntil(0);
  }

  close(): void {
    this.#decoder?.close();
  }

  async #handUntil(leftCount: number): Promise<void> {
    while (this.#ahead.length > leftCount) this.#hand(await this.#ahead.shift()!);
  }

  #hand(frames: readonly DecodedFrame[]): void {
    for (const frame of frames) {
      if (frame.kind !== 'sound') continue;
      const { channels, sampleRateHz: sampleRate, ticket } = frame;
      const numberOfFrames = channels[0]?.length ?? 0;
      const data = new Float32Array(numberOfFrames * channels.length);
      for (const [index, samples] of channels.entries()) data.set(samples, index * numberOfFrames);
      const timestamp = ticket / this.config.sampleRate;
      this.onSample(
        new AudioSample({ format: 'f32-planar', data, numberOfChannels: channels.length, sampleRate, timestamp }),
      );
    }
  }
}

/**
 * A failure is reported where the frames are awaited. This handler only prevents an unhandled rejection before that.
 */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
