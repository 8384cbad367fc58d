import type { JSX } from 'preact';
import { EMOTION_NAMES, participantName } from '../../../client-sdk/protocol/index.ts';
import { isUnclear } from '../state/certainty.ts';
import { formatMediaTime, formatPercent, formatSentiment } from '../state/format.ts';
import type { ScoredUtterance } from '../state/session-view.ts';
import { DissatisfactionBar } from './dissatisfaction-bar.tsx';
import { EmotionChip } from './emotion-chip.tsx';
import { EvidenceSets } from './evidence-sets.tsx';
import { ExplainedWords } from './explained-words.tsx';

/** Details of the utterance that is under the pointer or selected. The space stays when there is none. */
export function UtteranceDetails({ utterance }: { utterance: ScoredUtterance | null }): JSX.Element {
  if (utterance === null) {
    return (
      <div class="details details-empty muted">
        Point at an utterance, or choose a lane with Tab and move with the arrow keys.
      </div>
    );
  }
  const { score, participant, startMs, endMs } = utterance;
  const { baseline } = score.modalities.audio;
  const ranked = Object.entries(score.emotion.probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(isUnclear(score.emotion) ? 0 : 1, 4)
    .filter(([, probability]) => probability >= 0.005);
  return (
    <div class="details">
      <div class="details-head">
        <b dir="auto">{participantName(participant)}</b>
        <span class="muted">
          {formatMediaTime(startMs)} – {formatMediaTime(endMs)}
        </span>
        <EmotionChip emotion={score.emotion} />
        <span>Sentiment {formatSentiment(score.sentiment.score)}</span>
        {score.dissatisfaction !== undefined && <DissatisfactionBar score={score.dissatisfaction} />}
      </div>
      <p class="details-words" dir="auto">
        {score.transcript === null ? (
          <span class="muted">No words</span>
        ) : (
          <ExplainedWords text={score.transcript.text} words={score.explanation?.words ?? []} />
        )}
      </p>
      <p class="details-rest muted">
        {ranked
          .map(([label, share]) => `${EMOTION_NAMES[label as keyof typeof EMOTION_NAMES]} ${formatPercent(share)}`)
          .join(' · ')}
      </p>
      {baseline !== undefined && (
        <p class="details-rest muted">
          Voice compared with {baseline.utterances} earlier {baseline.utterances === 1 ? 'utterance' : 'utterances'} of
          this speaker
        </p>
      )}
      {score.explanation != null && score.explanation.sets !== null && <EvidenceSets sets={score.explanation.sets} />}
    </div>
  );
}
