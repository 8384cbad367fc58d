import type { FeatureNeeds } from '../../../models/index.ts';
import { bundleTokenizer } from './bundle-tokenizer.ts';

/** What a model of English asks for that takes neither context nor a baseline, unless told otherwise. */
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
