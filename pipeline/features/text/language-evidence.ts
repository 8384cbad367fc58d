import type { LanguageModel } from '../../../models/index.ts';
import { createForeignScriptTest } from './foreign-script.ts';
import { tellingWords } from './telling-words.ts';

/** Evidence of a text about its language. */
export interface LanguageEvidence {
  /** Words that are evidence, each once. */
  readonly wordCount: number;
  /** Whether most words are in a script that none of the languages read uses. */
  readonly isForeignScript: boolean;
  /**
   * Per language: how much more the text looks like it than like the most likely of the languages that are read; 0 for the
   * latter. The numbers of several texts may be added.
   */
  readonly margins: Float32Array;
}

/** @returns null for a text without evidence, such as numbers or an "ok" */
export type WeighLanguage = (text: string) => LanguageEvidence | null;

/**
 * @param languages - ISO 639 codes of the languages that are read. If the language model lacks one of them, only the script
 * is evidence, because its words would look like another language's. An empty list: every language is read.
 */
export function createLanguageScale(model: LanguageModel, languages: readonly string[]): WeighLanguage {
  if (languages.length === 0) return () => null;
  const isForeignScript = createForeignScriptTest(languages);
  const readRows = languages.map((language) => model.languages.indexOf(language));
  const isKnown = !readRows.includes(-1);
  return (text) => {
    const words = tellingWords(text);
    if (words.length === 0) return null;
    const margins = isKnown ? model.weigh(words.join(' ')) : new Float32Array(model.languages.length);
    if (isKnown) subtractRead(margins, readRows);
    return { wordCount: words.length, isForeignScript: isForeignScript(words), margins };
  };
}

function subtractRead(weights: Float32Array, readRows: readonly number[]): void {
  const read = readRows.reduce((most, row) => Math.max(most, weights[row]!), 0);
  for (let row = 0; row < weights.length; row += 1) weights[row]! -= read;
  for (const row of readRows) weights[row] = 0;
}
