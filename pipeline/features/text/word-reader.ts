import type { FeatureNeeds, LanguageModel, TextTokens } from '../../../models/index.ts';
import type { Utterance } from '../../window/utterance.ts';
import type { TokenizedWord } from '../utterance-features.ts';
import { CallContext, withContext } from './call-context.ts';
import { LanguageBelief } from './language-belief.ts';
import { createLanguageScale } from './language-evidence.ts';
import { createTextTokenizer } from './tokenize-text.ts';

export interface WordReaderOptions {
  readonly needs: FeatureNeeds;
  readonly language: LanguageModel;
  /** Called with the number of further bytes that are held; negative if fewer are held. */
  readonly onHeld?: (bytes: number) => void;
}

/** The features of an utterance's words. */
export interface ReadWords {
  /** Null without words, and if they are in a language that is not read. */
  readonly tokens: TextTokens | null;
  /** The words of the utterance itself that `tokens` contain. */
  readonly words: readonly TokenizedWord[];
  readonly isForeign: boolean;
}

/**
 * Reads the words of a call. Earlier words count for the language of a participant, and as context.
 *
 * @returns a function that reads the known words of an utterance. Call it for all utterances in the order of the decisions.
 */
export function createWordReader(options: WordReaderOptions): (utterance: Utterance, spoken: string) => ReadWords {
  const { needs, language, onHeld } = options;
  const { contextUtterances, maxTokens } = needs;
  const tokenize = createTextTokenizer(needs.tokenizer, maxTokens);
  const weighLanguage = createLanguageScale(language, needs.languages);
  const context = contextUtterances > 0 ? new CallContext({ contextUtterances, ...(onHeld && { onHeld }) }) : null;
  /** By participant. */
  const beliefs = new Map<string, LanguageBelief>();

  const isForeign = ({ id, startMs, participant }: Utterance, spoken: string): boolean => {
    let belief = beliefs.get(participant.id);
    if (belief === undefined) {
      belief = new LanguageBelief();
      beliefs.set(participant.id, belief);
    }
    return belief.isForeign({ id, startMs }, weighLanguage(spoken));
  };

  return (utterance, spoken) => {
    const foreign = isForeign(utterance, spoken);
    const tokenized = foreign ? null : tokenize(spoken);
    context?.tell(utterance, tokenized?.tokens ?? null);
    if (tokenized === null) return { tokens: null, words: [], isForeign: foreign };
    const { tokens, words } = tokenized;
    if (context === null) return { tokens, words, isForeign: false };
    return { tokens: withContext(tokens, context.before(utterance), maxTokens), words, isForeign: false };
  };
}
