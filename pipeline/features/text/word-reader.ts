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
  /** Told of bytes that are held from now on; fewer where negative. */
  readonly onHeld?: (bytes: number) => void;
}

/** What the words of an utterance become. */
export interface ReadWords {
  /** null without words, and where they are in a language that is not read. */
  readonly tokens: TextTokens | null;
  /** The words that `tokens` hold of the utterance itself. */
  readonly words: readonly TokenizedWord[];
  readonly isForeign: boolean;
}

/**
 * Reads the words of a call. What was said before counts: for the language of a participant, and as context.
 *
 * @returns reads what is known of an utterance's words; called for all utterances in the order of the decisions
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
