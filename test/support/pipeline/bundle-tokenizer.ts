import { readFileSync } from 'node:fs';
import type { EmotionModel } from '../../../models/index.ts';

/** The tokenizer files of the shipped bundle. */
export function bundleTokenizer(): EmotionModel['tokenizer'] {
  const read = (name: string): object =>
    JSON.parse(readFileSync(new URL(`../../../models/undertone-mini/${name}`, import.meta.url), 'utf8'));
  return { json: read('tokenizer.json'), config: read('tokenizer_config.json') };
}
