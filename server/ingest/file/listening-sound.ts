import { Application, createEncoder, type OpusEncoderHandle, Signal } from 'libopus-wasm';
import { BufferTarget, EncodedAudioPacketSource, EncodedPacket, Output, WebMOutputFormat } from 'mediabunny';
import { createResampler } from '../../../pipeline/index.ts';
import type { Lane } from './placement/analysis-plan.ts';
import type { Recording } from './recording.ts';
import { SoundMix } from './sound-mix.ts';

/** Narrowband and wideband speech: sample rate and bit rate at which Opus loses nothing that a listener misses. */
const NARROWBAND = { sampleRateHz: 8000, bitsPerSecond: 16_000 } as const;
const WIDEBAND = { sampleRateHz: 16_000, bitsPerSecond: 24_000 } as const;
/** Longest packet of Opus. Long packets have the least overhead, and nobody waits for these. */
const PACKET_MS = 60;
/** Between Opus's fastest (0) and best (10): above it a voice takes longer without sounding better. */
const COMPLEXITY = 3;
/** Rate in which Opus counts, whatever the sound's own rate is. */
const OPUS_RATE_HZ = 48_000;

export interface ListeningSoundOptions {
  readonly recording: Recording;
  /** Says which channels are heard, and how loud. */
  readonly lanes: readonly Lane[];
  readonly signal: AbortSignal;
  /** Called with the media time up to which the sound is encoded, in ms. */
  readonly onProgress?: (mediaTimeMs: number) => void;
}

/**
 * The sound of a recording for people to listen to: all channels in one, as WebM with Opus, at most 11 MB per hour. Its
 * clock is that of the analysis: gaps are silence. Null if the recording has no sound.
 *
 * @throws RecordingError if the sound is damaged; the signal's reason as soon as it aborts.
 */
export function encodeListeningSound(options: ListeningSoundOptions): Promise<Uint8Array | null> {
  const { signal } = options;
  // The sound may never come. Then a check between its blocks would not be reached.
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([aborted, encode(options)]);
}

async function encode({ recording, lanes, signal, onProgress }: ListeningSoundOptions): Promise<Uint8Array | null> {
  const mix = new SoundMix(lanes, recording.sampleRateHz);
  if (mix.isSilent) return null;
  const { sampleRateHz, bitsPerSecond } = recording.sampleRateHz <= NARROWBAND.sampleRateHz ? NARROWBAND : WIDEBAND;
  const encoder = await createEncoder({
    sampleRate: sampleRateHz,
    channels: 1,
    application: Application.Voip,
    signal: Signal.Voice,
    bitrate: bitsPerSecond,
    complexity: COMPLEXITY,
  });
  try {
    const target = new BufferTarget();
    const output = new Output({ format: new WebMOutputFormat(), target });
    const source = new EncodedAudioPacketSource('opus');
    output.addAudioTrack(source);
    await output.start();
    const resampler = createResampler(recording.sampleRateHz, sampleRateHz);
    const packets = new Packets(encoder, source);
    for await (const block of recording.audio()) {
      signal.throwIfAborted();
      for (const samples of mix.add(block)) await packets.push(resampler.push(samples));
      onProgress?.(block.startMs);
    }
    await packets.push(resampler.flush());
    await packets.finish();
    await output.finalize();
    return packets.isEmpty ? null : new Uint8Array(target.buffer!);
  } finally {
    encoder.free();
  }
}

/** Cuts samples into packets. */
class Packets {
  readonly #encoder: OpusEncoderHandle;
  readonly #source: EncodedAudioPacketSource;
  readonly #samples: Float32Array;
  #filled = 0;
  #count = 0;

  constructor(encoder: OpusEncoderHandle, source: EncodedAudioPacketSource) {
    this.#encoder = encoder;
    this.#source = source;
    this.#samples = new Float32Array((encoder.sampleRate * PACKET_MS) / 1000);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  async push(samples: Float32Array): Promise<void> {
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + this.#samples.length - this.#filled);
      this.#samples.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#samples.length) await this.#encode();
    }
  }

  /** Fills the last packet up with silence. */
  async finish(): Promise<void> {
    if (this.#filled === 0) return;
    this.#samples.fill(0, this.#filled);
    await this.#encode();
  }

  async #encode(): Promise<void> {
    this.#filled = 0;
    const data = this.#encoder.encodeFloat(this.#samples, { frameSize: this.#samples.length });
    const [startS, lengthS] = [(this.#count * PACKET_MS) / 1000, PACKET_MS / 1000];
    const packet = new EncodedPacket(data, 'key', startS, lengthS);
    await this.#source.add(packet, this.#count === 0 ? { decoderConfig: this.#config() } : undefined);
    this.#count++;
  }

  #config(): AudioDecoderConfig {
    return {
      codec: 'opus',
      numberOfChannels: 1,
      sampleRate: OPUS_RATE_HZ,
      description: opusHead(
        this.#encoder.sampleRate,
        (this.#encoder.getLookahead() * OPUS_RATE_HZ) / this.#encoder.sampleRate,
      ),
    };
  }
}

/** The identification header of RFC 7845, section 5.1, for one channel. */
function opusHead(sampleRateHz: number, preSkipSamples: number): Uint8Array {
  const bytes = new Uint8Array(19);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('OpusHead'));
  view.setUint8(8, 1);
  view.setUint8(9, 1);
  view.setUint16(10, preSkipSamples, true);
  view.setUint32(12, sampleRateHz, true);
  return bytes;
}
