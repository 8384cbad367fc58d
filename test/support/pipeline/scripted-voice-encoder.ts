import { type EncodedBlock, type MelBlock, VOICE_WIDTH, type VoiceEncoder } from '../../../models/index.ts';

export interface ScriptedVoiceEncoder extends VoiceEncoder {
  readonly blocks: MelBlock[];
}

/** A voice encoder that sums up the first band of each block, or gives the answers of the test. */
export function scriptedVoiceEncoder(
  encode: (block: MelBlock) => Promise<EncodedBlock> = async (block) => sumsOf(block),
): ScriptedVoiceEncoder {
  const blocks: MelBlock[] = [];
  return {
    blocks,
    encode(block) {
      blocks.push(block);
      return encode(block);
    },
  };
}

function sumsOf({ bands, frameCount }: MelBlock): EncodedBlock {
  const tokenCount = Math.ceil(frameCount / 2);
  const level = bands.reduce((sum, value) => sum + value, 0) / bands.length;
  const sums = new Float32Array(2 * VOICE_WIDTH);
  sums.fill(tokenCount * level, 0, VOICE_WIDTH);
  sums.fill(tokenCount * level * level, VOICE_WIDTH);
  return { tokenCount, sums };
}
