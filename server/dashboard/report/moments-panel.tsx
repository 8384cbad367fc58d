import type { JSX } from 'preact';
import { participantName } from '../../../client-sdk/protocol/index.ts';
import type { CallMoments } from '../../report/measures/call-moments.ts';
import type { ScoredUtterance } from '../../report/measures/measured-utterance.ts';
import { formatMediaTime, formatSentiment } from '../state/format.ts';
import { EmotionChip } from '../views/emotion-chip.tsx';
import type { ReportUtterance } from './report-data.ts';

interface MomentsPanelProps {
  readonly moments: CallMoments<ReportUtterance>;
  readonly onListen: (utterance: ReportUtterance) => void;
}

/** Where to listen: the worst and the best moments, with the words. */
export function MomentsPanel({ moments, onListen }: MomentsPanelProps): JSX.Element {
  return (
    <section class="moments" aria-label="Where to listen">
      <MomentList title="Worst moments" none="No utterance is negative." moments={moments.worst} onListen={onListen} />
      <MomentList title="Best moments" none="No utterance is positive." moments={moments.best} onListen={onListen} />
    </section>
  );
}

interface MomentListProps {
  readonly title: string;
  readonly none: string;
  readonly moments: readonly ScoredUtterance<ReportUtterance>[];
  readonly onListen: (utterance: ReportUtterance) => void;
}

function MomentList({ title, none, moments, onListen }: MomentListProps): JSX.Element {
  return (
    <article class="moment-list card">
      <h2>{title}</h2>
      {moments.length === 0 && <p class="muted moment-none">{none}</p>}
      <ol>
        {moments.map((utterance) => (
          <li key={utterance.id}>
            <button type="button" class="moment" onClick={() => onListen(utterance)}>
              <span class="moment-time">{formatMediaTime(utterance.startMs)}</span>
              <span class="moment-words">
                {utterance.text === null ? <span class="muted">No words</span> : <q dir="auto">{utterance.text}</q>}
                <span class="moment-foot muted">
                  <bdi>{participantName(utterance.participant)}</bdi>
                  <span>Sentiment {formatSentiment(utterance.score.sentiment.score)}</span>
                  {utterance.score.dissatisfaction?.likely === true && <span class="dissatisfied">Dissatisfied</span>}
                </span>
              </span>
              <EmotionChip emotion={utterance.score.emotion} />
            </button>
          </li>
        ))}
      </ol>
    </article>
  );
}
