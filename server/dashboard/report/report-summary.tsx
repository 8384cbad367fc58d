import type { JSX } from 'preact';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { patternId } from '../charts/emotion-patterns.tsx';
import { EMOTION_NAMES, ROLE_NAMES } from '../state/emotions.ts';
import { describeSentiment, formatDuration, formatPercent, formatSentiment, participantName } from '../state/format.ts';
import { emotionShares, type Lane, meanSentiment } from '../state/lanes.ts';

/** Each participant's call in figures: how long, how it felt, which emotions. */
export function ReportSummary({ lanes }: { lanes: readonly Lane[] }): JSX.Element {
  return (
    <section class="report-summary" aria-label="Summary">
      {lanes.map((lane) => (
        <ParticipantSummary key={lane.participant.id} lane={lane} />
      ))}
    </section>
  );
}

function ParticipantSummary({ lane }: { lane: Lane }): JSX.Element {
  const { participant, scored, utterances } = lane;
  const name = participantName(participant);
  const role = ROLE_NAMES[participant.role];
  const shares = emotionShares(scored);
  const sentiment = meanSentiment(scored);
  const spokenMs = scored.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return (
    <article class="summary-card card">
      <header class="summary-head">
        <h2>
          <bdi>{name}</bdi> {role !== name && <span class="muted count">{role}</span>}
        </h2>
        {sentiment !== null && (
          <p class="summary-sentiment">
            <b>{formatSentiment(sentiment)}</b> <span class="muted">{describeSentiment(sentiment)}</span>
          </p>
        )}
      </header>
      <p class="muted">
        {utterances.length} {utterances.length === 1 ? 'utterance' : 'utterances'} · {formatDuration(spokenMs)} spoken
      </p>
      <ShareBar shares={shares} />
      <ul class="summary-shares">
        {shares.map(({ label, share }) => (
          <li key={label} class={`emotion-${label}`}>
            <EmotionGlyph label={label} sizePx={18} />
            {EMOTION_NAMES[label]} <b>{formatPercent(share)}</b>
          </li>
        ))}
      </ul>
    </article>
  );
}

function ShareBar({ shares }: { shares: ReturnType<typeof emotionShares> }): JSX.Element {
  let from = 0;
  return (
    <svg class="share-bar" width="100%" height="16" aria-hidden="true">
      {shares.map(({ label, share }) => {
        const area = { x: `${from * 100}%`, width: `${share * 100}%`, height: 16 };
        from += share;
        return (
          <g key={label} class={`emotion-${label}`}>
            <rect class="band" {...area} />
            <rect class="band-texture" {...area} fill={`url(#${patternId(label)})`} />
          </g>
        );
      })}
    </svg>
  );
}
