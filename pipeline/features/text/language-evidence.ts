import type { LanguageModel } from '../../../models/index.ts';
import { createForeignScriptTest } from './foreign-script.ts';
import { tellingWords } from './telling-words.ts';

/** What a text says about its language. */
export interface LanguageEvidence {
  /** Words that tell something, each once. */
  readonly wordCount: number;
  /** Whether most of them are in a script that no language that is read uses. */
  readonly isForeignScript: boolean;
  /**
   * How much more the text looks like each language of the model than like the likeliest of those that are read; 0 for
   * these. Numbers of several texts may be added.
   */
  readonly margins: Float32Array;
}

/** @returns null for a text that says nothing, such as numbers or an "ok" */
export type WeighLanguage = (text: string) => LanguageEvidence | null;

/**
 * @param languages - ISO 639 codes of those that are read. Where the model does not know one of them, only the script tells
 * anything, because its words would look like those of another language. None: every language is read.
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
