import type { JSX } from 'preact';
import { EMOTION_NAMES, participantName, ROLE_NAMES, sentimentName } from '../../../client-sdk/protocol/index.ts';
import { DissatisfactionTrack } from '../charts/dissatisfaction-track.tsx';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { patternId } from '../charts/emotion-patterns.tsx';
import { UnclearGlyph } from '../charts/unclear-glyph.tsx';
import { UNCLEAR_NAME } from '../state/certainty.ts';
import { countDissatisfaction, type DissatisfactionCount } from '../state/dissatisfaction.ts';
import { formatDuration, formatPercent, formatSentiment } from '../state/format.ts';
import { type EmotionShares, emotionShares, type Lane, meanSentiment } from '../state/lanes.ts';

/** Each participant's call in numbers: duration, sentiment and emotions. */
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
  const dissatisfaction = countDissatisfaction(scored);
  const spokenMs = scored.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return (
    <article class="summary-card card">
      <header class="summary-head">
        <h2>
          <bdi>{name}</bdi> {role !== name && <span class="muted count">{role}</span>}
        </h2>
        {sentiment !== null && (
          <p class="summary-sentiment">
            <b>{formatSentiment(sentiment)}</b> <span class="muted">{sentimentName(sentiment)}</span>
          </p>
        )}
      </header>
      <p class="muted">
        {utterances.length} {utterances.length === 1 ? 'utterance' : 'utterances'}
        {shares.unclearCount > 0 && `, ${shares.unclearCount} of them unclear`} · {formatDuration(spokenMs)} spoken
      </p>
      <ShareBar shares={shares} />
      <ul class="summary-shares">
        {shares.clear.map(({ label, share }) => (
          <li key={label} class={`emotion-${label}`}>
            <EmotionGlyph label={label} sizePx={18} />
            {EMOTION_NAMES[label]} <b>{formatPercent(share)}</b>
          </li>
        ))}
        {shares.unclearCount > 0 && (
          <li class="muted">
            <UnclearGlyph sizePx={18} />
            {UNCLEAR_NAME} {formatPercent(shares.unclear)}
          </li>
        )}
      </ul>
      {dissatisfaction !== null && <Dissatisfaction count={dissatisfaction} />}
    </article>
  );
}

function Dissatisfaction({ count: { likely, judged } }: { count: DissatisfactionCount }): JSX.Element {
  return (
    <p class={likely > 0 ? 'summary-dissatisfaction dissatisfaction-marked' : 'summary-dissatisfaction'}>
      <DissatisfactionTrack share={likely / judged} widthPx={48} />
      Dissatisfaction likely in {likely} of {judged} {judged === 1 ? 'utterance' : 'utterances'} with words
    </p>
  );
}

function ShareBar({ shares }: { shares: EmotionShares }): JSX.Element {
  let from = 0;
  return (
    <svg class="share-bar" width="100%" height="16" aria-hidden="true">
      {shares.clear.map(({ label, share }) => {
        const area = { x: `${from * 100}%`, width: `${share * 100}%`, height: 16 };
        from += share;
        return (
          <g key={label} class={`emotion-${label}`}>
            <rect class="band" {...area} />
            <rect class="band-texture" {...area} fill={`url(#${patternId(label)})`} />
          </g>
        );
      })}
      {shares.unclear > 0 && (
        <rect class="share-unclear" x={`${from * 100}%`} width={`${shares.unclear * 100}%`} height="16" />
      )}
    </svg>
  );
}
