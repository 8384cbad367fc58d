import { Component, type JSX } from 'preact';
import { participantName, type UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import { formatMediaTime, formatSentiment } from '../state/format.ts';
import type { UtteranceView } from '../state/session-view.ts';
import { DissatisfactionBar } from './dissatisfaction-bar.tsx';
import { EmotionChip } from './emotion-chip.tsx';
import { Icon } from './icon.tsx';
import { ModalityChips } from './modality-chips.tsx';

export interface TranscriptEntryProps {
  readonly utterance: UtteranceView;
  readonly isSelected: boolean;
  readonly isLive: boolean;
  readonly onSelect: (utteranceId: string) => void;
}

/** One utterance of the transcript. It is drawn again only when it has changed. */
export class TranscriptEntry extends Component<TranscriptEntryProps> {
  override shouldComponentUpdate(next: TranscriptEntryProps): boolean {
    const { utterance, isSelected, isLive } = this.props;
    return next.utterance !== utterance || next.isSelected !== isSelected || next.isLive !== isLive;
  }

  override render({ utterance, isSelected, isLive, onSelect }: TranscriptEntryProps): JSX.Element {
    const { score, participant } = utterance;
    const name = participantName(participant);
    const time = formatMediaTime(utterance.startMs);
    return (
      <article
        id={`utterance-${utterance.id}`}
        class={isSelected ? 'entry entry-selected' : 'entry'}
        aria-label={`${name} at ${time}`}
      >
        <header class="entry-head">
          <button
            type="button"
            class="entry-speaker"
            aria-pressed={isSelected}
            title="Show in the timeline"
            onClick={() => onSelect(utterance.id)}
          >
            <b dir="auto">{name}</b>
            <span class="muted">{time}</span>
          </button>
          {score !== null && <EmotionChip emotion={score.emotion} />}
        </header>
        <EntryWords utterance={utterance} isLive={isLive} />
        {score !== null && <ModalityChips modalities={score.modalities} />}
        {score !== null && <EntryFoot score={score} />}
      </article>
    );
  }
}

function EntryWords({ utterance, isLive }: { utterance: UtteranceView; isLive: boolean }): JSX.Element {
  const { score, failure } = utterance;
  const transcript = failure?.transcript ?? score?.transcript ?? null;
  if (score === null && failure === null) {
    return <p class="entry-words muted">{isLive ? 'Speaking…' : 'The call ended before this was scored.'}</p>;
  }
  return (
    <>
      {transcript !== null ? (
        <p class="entry-words" dir="auto">
          {transcript.text}
        </p>
      ) : (
        score !== null && (
          <p class="entry-words muted">
            {score.modalities.text.state === 'late' && isLive ? 'No words yet' : 'No transcript'}
          </p>
        )
      )}
      {failure !== null && (
        <p class="entry-failure">
          <Icon name="alert" sizePx={16} />
          {failure.message}
        </p>
      )}
    </>
  );
}

function EntryFoot({ score }: { score: UtteranceEmotion }): JSX.Element {
  return (
    <footer class="entry-foot muted">
      <span>Sentiment {formatSentiment(score.sentiment.score)}</span>
      {score.dissatisfaction !== undefined && <DissatisfactionBar score={score.dissatisfaction} />}
      <span title="Time from the end of the utterance, or from its words, to this result">
        {Math.round(score.latencyMs)} ms
      </span>
      {score.revision > 0 && (
        <span class="revision" title="The first result was replaced when words landed or were corrected">
          Revised{score.revision > 1 ? ` ×${score.revision}` : ''}
        </span>
      )}
    </footer>
  );
}
