import { Component, type JSX } from 'preact';
import { EMOTION_NAMES, type EmotionLabel, participantName } from '../../../client-sdk/protocol/index.ts';
import { isUnclear } from '../state/certainty.ts';
import { describeDissatisfaction } from '../state/dissatisfaction.ts';
import { formatMediaTime, formatPercent, formatSentiment } from '../state/format.ts';
import { DissatisfactionBar } from '../views/dissatisfaction-bar.tsx';
import { EmotionChip } from '../views/emotion-chip.tsx';
import { EvidenceSets } from '../views/evidence-sets.tsx';
import { ExplainedWords } from '../views/explained-words.tsx';
import { Icon } from '../views/icon.tsx';
import { ModalityChips } from '../views/modality-chips.tsx';
import type { ReportScore, ReportUtterance } from './report-data.ts';
import { findPieces } from './row-filter.ts';

/** Id of the row's element. */
export function rowId(utteranceId: string): string {
  return `row-${utteranceId}`;
}

interface TranscriptRowProps {
  readonly utterance: ReportUtterance;
  readonly search: string;
  /** Number of the speaker's colour, 0…3. */
  readonly tone: number;
  readonly isSelected: boolean;
  readonly isSpoken: boolean;
  readonly onListen: (utterance: ReportUtterance) => void;
}

/** One utterance in one line. A click on it plays it; its details open on demand. */
export class TranscriptRow extends Component<TranscriptRowProps, { isOpen: boolean }> {
  override state = { isOpen: false };

  override shouldComponentUpdate(next: TranscriptRowProps, state: { isOpen: boolean }): boolean {
    const { utterance, search, isSelected, isSpoken } = this.props;
    return (
      state.isOpen !== this.state.isOpen ||
      next.utterance !== utterance ||
      next.search !== search ||
      next.isSelected !== isSelected ||
      next.isSpoken !== isSpoken
    );
  }

  override render({ utterance, search, tone, isSelected, isSpoken, onListen }: TranscriptRowProps): JSX.Element {
    const { id, participant, startMs, text, score, failure } = utterance;
    const { isOpen } = this.state;
    const time = formatMediaTime(startMs);
    const name = participantName(participant);
    return (
      <li
        id={rowId(id)}
        class={`row${isSelected ? ' row-selected' : ''}${isSpoken ? ' row-spoken' : ''}`}
        aria-current={isSpoken ? 'true' : undefined}
      >
        <button
          type="button"
          class="row-listen"
          aria-label={`Play ${name} from ${time}`}
          onClick={() => onListen(utterance)}
        >
          <span class="row-time">{time}</span>
          <span class="row-name">
            <span class={`talk-key talk-${tone}`} aria-hidden="true" />
            <bdi>{name}</bdi>
          </span>
        </button>
        {/* biome-ignore lint/a11y: the button before it does the same for keyboards and screen readers. */}
        <p class="row-words" dir="auto" onClick={() => isClick() && onListen(utterance)}>
          {text === null ? (
            <span class="muted">No words</span>
          ) : (
            findPieces(text, search).map((piece, at) =>
              piece.isFound ? <mark key={at}>{piece.text}</mark> : piece.text,
            )
          )}
          {failure !== null && <span class="row-failure"> {failure}</span>}
        </p>
        <span class="row-score">
          {score?.dissatisfaction?.likely === true && (
            <span class="dissatisfied" title={`Dissatisfaction ${describeDissatisfaction(score.dissatisfaction)}`}>
              Dissatisfied
            </span>
          )}
          {score !== null && (
            <>
              <span class="row-sentiment" title="Sentiment">
                {formatSentiment(score.sentiment.score)}
              </span>
              <EmotionChip emotion={score.emotion} />
              <button
                type="button"
                class="row-more"
                aria-expanded={isOpen}
                aria-label={`Details of ${name} at ${time}`}
                onClick={() => this.setState({ isOpen: !isOpen })}
              >
                <Icon name="more" sizePx={16} />
              </button>
            </>
          )}
        </span>
        {isOpen && score !== null && <RowDetails text={text} score={score} />}
      </li>
    );
  }
}

/** Whether a click was meant as one: selecting words to copy them plays nothing. */
function isClick(): boolean {
  return getSelection()?.isCollapsed !== false;
}

function RowDetails({ text, score }: { text: string | null; score: ReportScore }): JSX.Element {
  const { emotion, modalities, explanation, dissatisfaction } = score;
  const { baseline } = modalities.audio;
  const others = Object.entries(emotion.probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(isUnclear(emotion) ? 0 : 1, 4)
    .filter(([, probability]) => probability >= 0.005)
    .map(([label, probability]) => `${EMOTION_NAMES[label as EmotionLabel]} ${formatPercent(probability)}`);
  return (
    <div class="row-details">
      {text !== null && explanation !== undefined && (
        <p dir="auto">
          <ExplainedWords text={text} words={explanation.words} />
        </p>
      )}
      <ModalityChips modalities={modalities} />
      {explanation !== undefined && explanation.sets !== null && <EvidenceSets sets={explanation.sets} />}
      <p class="row-rest muted">
        {others.length > 0 && <span>{others.join(' · ')}</span>}
        {dissatisfaction !== undefined && <DissatisfactionBar score={dissatisfaction} />}
        {baseline !== undefined && (
          <span>
            Voice compared with {baseline.utterances} earlier {baseline.utterances === 1 ? 'utterance' : 'utterances'}{' '}
            of this speaker
          </span>
        )}
      </p>
    </div>
  );
}
