import type { JSX } from 'preact';
import { EMOTION_NAMES, ROLE_NAMES, sentimentName } from '../../../client-sdk/protocol/index.ts';
import type { CoursePart } from '../../report/measures/sentiment-course.ts';
import { DissatisfactionTrack } from '../charts/dissatisfaction-track.tsx';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { UnclearGlyph } from '../charts/unclear-glyph.tsx';
import { UNCLEAR_NAME } from '../state/certainty.ts';
import { countDissatisfaction, type DissatisfactionCount } from '../state/dissatisfaction.ts';
import { formatPercent, formatSentiment } from '../state/format.ts';
import { emotionShares, meanSentiment } from '../state/lanes.ts';
import { Icon } from '../views/icon.tsx';
import type { CallSummary, Party } from './call-summary.ts';
import { ShareBar } from './share-bar.tsx';

/** How the call began and ended for each participant. */
export function VerdictPanel({ summary }: { summary: CallSummary }): JSX.Element {
  return (
    <section class="verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title" class="visually-hidden">
        How the call went
      </h2>
      {summary.parties.map((party) => (
        <PartyCard key={party.participant.id} party={party} />
      ))}
    </section>
  );
}

function PartyCard({ party }: { party: Party }): JSX.Element {
  const { name, participant, utterances, scored, hidesEmotions } = party;
  const role = ROLE_NAMES[participant.role];
  const shares = emotionShares(scored);
  const dissatisfaction = countDissatisfaction(scored);
  return (
    <article class={hidesEmotions ? 'summary-card card summary-quiet' : 'summary-card card'}>
      <header class="summary-head">
        <h3>
          <bdi>{name}</bdi> {role !== name && <span class="muted count">{role}</span>}
        </h3>
        <p class="muted count">
          {utterances.length} {utterances.length === 1 ? 'utterance' : 'utterances'}
          {shares.unclearCount > 0 && `, ${shares.unclearCount} of them unclear`}
        </p>
      </header>
      {hidesEmotions ? (
        <p class="muted">Emotions of agents are off.</p>
      ) : (
        <>
          <Course party={party} />
          {scored.length > 0 && (
            <div class="summary-emotions">
              <ShareBar shares={shares} />
              <ul class="summary-shares">
                {shares.clear.map(({ label, share }) => (
                  <li key={label}>
                    <EmotionGlyph label={label} sizePx={16} />
                    {EMOTION_NAMES[label]} <b>{formatPercent(share)}</b>
                  </li>
                ))}
                {shares.unclearCount > 0 && (
                  <li class="muted">
                    <UnclearGlyph sizePx={16} />
                    {UNCLEAR_NAME} {formatPercent(shares.unclear)}
                  </li>
                )}
              </ul>
            </div>
          )}
          {dissatisfaction !== null && <Dissatisfaction count={dissatisfaction} />}
        </>
      )}
    </article>
  );
}

const DIRECTIONS = { better: 'Ended better', worse: 'Ended worse', steady: 'Ended as it began' } as const;

function Course({ party: { course, scored } }: { party: Party }): JSX.Element {
  if (course === null) {
    const sentiment = meanSentiment(scored);
    return (
      <p class="muted">
        {sentiment === null
          ? 'Nothing was scored.'
          : `Too short for a course. Sentiment ${formatSentiment(sentiment)}, ${sentimentName(sentiment)}.`}
      </p>
    );
  }
  const { beginning, end, change, direction } = course;
  return (
    <div class={`course course-${direction}`}>
      <PartView name="Began" part={beginning} />
      <Icon name="steady" sizePx={20} />
      <PartView name="Ended" part={end} />
      <p class="course-change">
        <b>{formatSentiment(change)}</b>
        <span>{DIRECTIONS[direction]}</span>
      </p>
    </div>
  );
}

function PartView({ name, part: { sentiment, label } }: { name: string; part: CoursePart }): JSX.Element {
  return (
    <div class="course-part">
      {label === null ? <UnclearGlyph sizePx={30} /> : <EmotionGlyph label={label} sizePx={30} />}
      <p>
        <span class="muted course-when">{name}</span>
        <b class="course-sentiment">{sentimentName(sentiment)}</b>
        <span class="muted">
          {formatSentiment(sentiment)} ·{' '}
          {label === null ? UNCLEAR_NAME.toLowerCase() : EMOTION_NAMES[label].toLowerCase()}
        </span>
      </p>
    </div>
  );
}

function Dissatisfaction({ count: { likely, judged } }: { count: DissatisfactionCount }): JSX.Element {
  return (
    <p class={likely > 0 ? 'summary-dissatisfaction dissatisfaction-marked' : 'summary-dissatisfaction'}>
      <DissatisfactionTrack share={likely / judged} widthPx={48} />
      <span>
        Dissatisfaction likely in {likely} of {judged} {judged === 1 ? 'utterance' : 'utterances'} with words
      </span>
    </p>
  );
}
