import type { FeatureNeeds } from '../../../models/index.ts';
import { bundleTokenizer } from './bundle-tokenizer.ts';

/** Needs of an English model without context and baseline, apart from `changes`. */
export function featureNeeds(changes: Partial<FeatureNeeds> = {}): FeatureNeeds {
  return {
    tokenizer: bundleTokenizer(),
    languages: ['en'],
    maxTokens: 50,
    contextUtterances: 0,
    takesBaseline: false,
    ...changes,
  };
}
