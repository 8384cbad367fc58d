import type { JSX } from 'preact';
import {
  EMOTION_NAMES,
  type EmotionScore,
  participantName,
  ROLE_NAMES,
  sentimentName,
} from '../../../client-sdk/protocol/index.ts';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { UnclearGlyph } from '../charts/unclear-glyph.tsx';
import { isUnclear, UNCLEAR_NAME } from '../state/certainty.ts';
import { formatPercent, formatSentiment } from '../state/format.ts';
import type { Lane } from '../state/lanes.ts';
import type { ScoredUtterance } from '../state/session-view.ts';
import { DissatisfactionBar } from './dissatisfaction-bar.tsx';
import { SpeakingMarker } from './speaking-marker.tsx';

/** The current mood of each participant, large enough to read across a room. */
export function GlancePanel({ lanes }: { lanes: readonly Lane[] }): JSX.Element {
  return (
    <section class="glance" aria-label="Mood now">
      {lanes.map((lane) => (
        <GlanceCard key={lane.participant.id} lane={lane} />
      ))}
    </section>
  );
}

function GlanceCard({ lane }: { lane: Lane }): JSX.Element {
  const { participant, latest, speakingSinceMs } = lane;
  const name = participantName(participant);
  const role = ROLE_NAMES[participant.role];
  const isClear = latest !== null && !isUnclear(latest.score.emotion);
  return (
    <article class={isClear ? `glance-card card emotion-${latest.score.emotion.label}` : 'glance-card card'}>
      <header class="glance-head">
        <h3 class="glance-name" dir="auto">
          {name}
        </h3>
        {role !== name && <span class="muted">{role}</span>}
        <SpeakingMarker isSpeaking={speakingSinceMs !== null} />
      </header>
      {latest === null ? (
        <p class="glance-waiting muted">{speakingSinceMs === null ? 'Nothing said yet' : 'Listening…'}</p>
      ) : (
        <div class="glance-body">
          <GlanceEmotion emotion={latest.score.emotion} />
          <p class="glance-sentiment">
            <span class="glance-number">{formatSentiment(latest.score.sentiment.score)}</span>
            <span class="muted">{sentimentName(latest.score.sentiment.score)}</span>
          </p>
        </div>
      )}
      {tellsDissatisfaction(lane) && <GlanceDissatisfaction latest={latest} />}
    </article>
  );
}

function GlanceEmotion({ emotion }: { emotion: EmotionScore }): JSX.Element {
  const name = EMOTION_NAMES[emotion.label];
  const confidence = formatPercent(emotion.confidence);
  if (isUnclear(emotion)) {
    return (
      <>
        <UnclearGlyph sizePx={68} />
        <p class="glance-emotion glance-unclear muted">
          <span class="glance-word">{UNCLEAR_NAME}</span>
          <span class="glance-perhaps">
            perhaps {name.toLowerCase()}, <span>{confidence}</span>
          </span>
        </p>
      </>
    );
  }
  return (
    <>
      <EmotionGlyph label={emotion.label} sizePx={68} />
      <p class="glance-emotion">
        <span class="glance-word">{name}</span>
        <span class="muted">{confidence} sure</span>
      </p>
    </>
  );
}

/**
 * Whether any utterance has a dissatisfaction score. If so, the row stays visible even when the newest utterance has no
 * words yet.
 */
function tellsDissatisfaction({ scored }: Lane): boolean {
  return scored.some(({ score }) => score.dissatisfaction !== undefined);
}

function GlanceDissatisfaction({ latest }: { latest: ScoredUtterance | null }): JSX.Element {
  const score = latest?.score.dissatisfaction;
  const isAwaited = latest?.score.modalities.text.state === 'late';
  return (
    <p class="glance-dissatisfaction">
      {score === undefined ? (
        <span class="muted">Dissatisfaction {isAwaited ? 'unknown: no words yet' : 'not judged'}</span>
      ) : (
        <DissatisfactionBar score={score} />
      )}
    </p>
  );
}
