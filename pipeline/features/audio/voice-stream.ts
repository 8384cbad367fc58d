import {
  type AudioFeatures,
  type EncodedBlock,
  type MelBlock,
  VOICE_EMBEDDING_SIZE,
  VOICE_WIDTH,
  type VoiceEncoder,
} from '../../../models/index.ts';
import { type AudioFeatureOptions, type AudioFeatureResult, createAudioFeatureStream } from './audio-feature-stream.ts';

export interface VoiceStreamOptions extends Omit<AudioFeatureOptions, 'onBlock'> {
  readonly encoder: VoiceEncoder;
  /** Blocks of one second that may wait for the encoder. Further ones are left out of the encoding. Default 16. */
  readonly maxWaitingBlocks?: number;
  /** Called for each block that was left out. */
  readonly onOverflow?: () => void;
}

/** An utterance's voice: its measures, and its encoding by a speech encoder. */
export interface VoiceResult extends Pick<AudioFeatureResult, 'quality' | 'state'> {
  /** Owned by the caller. */
  readonly features: AudioFeatures;
}

/** Follows one utterance's voice while it is spoken. */
export interface VoiceStream {
  /** Takes the next samples, 16 kHz mono, −1…1, finite; they are copied. */
  push(samples: Float32Array): void;
  /**
   * Ends the utterance after its first `lengthSamples` samples. The stream cannot be used again.
   * @throws RangeError as {@link createAudioFeatureStream} does. Rejects when the encoder failed.
   */
  finish(lengthSamples: number): Promise<VoiceResult>;
}

/**
 * Computes both parts of a voice's features. The measures need the whole utterance. The encoder takes it second by
 * second, so at most one second is left to encode at its end.
 */
export function createVoiceStream(options: VoiceStreamOptions): VoiceStream {
  const { encoder, maxWaitingBlocks = 16, onOverflow = () => {}, ...measuring } = options;
  const encoded: Promise<EncodedBlock | null>[] = [];
  let waiting = 0;

  const encode = (block: MelBlock): Promise<EncodedBlock | null> => {
    if (waiting >= maxWaitingBlocks) {
      onOverflow();
      return Promise.resolve(null);
    }
    waiting++;
    const result = encoder.encode(block).finally(() => {
      waiting--;
    });
    // `finish` reports the rejection. Until then nothing listens for it, which would end the process.
    result.catch(() => {});
    return result;
  };
  const measures = createAudioFeatureStream({ ...measuring, onBlock: (block) => encoded.push(encode(block)) });

  return {
    push: (samples) => measures.push(samples),
    async finish(lengthSamples) {
      const { features: measured, quality, state, wholeBlocks, rest } = measures.finish(lengthSamples);
      const blocks = encoded.slice(0, wholeBlocks);
      if (rest !== null) blocks.push(encode(rest));
      const embedding = meanAndDeviation((await Promise.all(blocks)).filter((block) => block !== null));
      const features = new Float32Array(measured.length + embedding.length);
      features.set(measured);
      features.set(embedding, measured.length);
      return { features, quality, state };
    },
  };
}

/** Over all tokens of all blocks, `[768]`; zeros where there are none. */
function meanAndDeviation(blocks: readonly EncodedBlock[]): Float32Array {
  const result = new Float32Array(VOICE_EMBEDDING_SIZE);
  const tokens = blocks.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  if (tokens === 0) return result;
  for (let i = 0; i < VOICE_WIDTH; i++) {
    let sum = 0;
    let squares = 0;
    for (const { sums } of blocks) {
      sum += sums[i]!;
      squares += sums[VOICE_WIDTH + i]!;
    }
    const mean = sum / tokens;
    result[i] = mean;
    result[VOICE_WIDTH + i] = Math.sqrt(Math.max(0, squares / tokens - mean * mean));
  }
  return result;
}
