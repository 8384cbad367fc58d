import type { JSX } from 'preact';
import type { WordWeight } from '../../../client-sdk/protocol/index.ts';
import { explainText } from '../state/explained-text.ts';
import { formatPercent } from '../state/format.ts';

/** A text whose words are shaded by their weight in the model. The strongest word has the full shade. */
export function ExplainedWords({ text, words }: { text: string; words: readonly WordWeight[] }): JSX.Element {
  const strongest = words.reduce((most, { weight }) => Math.max(most, weight), 0);
  return (
    <>
      {explainText(text, words).map(({ text: piece, weight }, index) =>
        weight === null || strongest === 0 ? (
          piece
        ) : (
          <span
            key={index}
            class="weighed-word"
            style={{ '--weight': (weight / strongest).toFixed(2) }}
            title={`${formatPercent(weight)} of the text's weight`}
          >
            {piece}
          </span>
        ),
      )}
    </>
  );
}
