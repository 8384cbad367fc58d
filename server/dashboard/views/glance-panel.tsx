import type { JSX } from 'preact';
import { EmotionGlyph } from '../charts/emotion-glyph.tsx';
import { EMOTION_NAMES, ROLE_NAMES } from '../state/emotions.ts';
import { describeSentiment, formatPercent, formatSentiment, participantName } from '../state/format.ts';
import type { Lane } from '../state/lanes.ts';
import { SpeakingMarker } from './speaking-marker.tsx';

/** The mood of each participant now, large enough to read across a room. */
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
  return (
    <article class={latest === null ? 'glance-card card' : `glance-card card emotion-${latest.score.emotion.label}`}>
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
          <EmotionGlyph label={latest.score.emotion.label} sizePx={68} />
          <p class="glance-emotion">
            <span class="glance-word">{EMOTION_NAMES[latest.score.emotion.label]}</span>
            <span class="muted">{formatPercent(latest.score.emotion.confidence)} sure</span>
          </p>
          <p class="glance-sentiment">
            <span class="glance-number">{formatSentiment(latest.score.sentiment.score)}</span>
            <span class="muted">{describeSentiment(latest.score.sentiment.score)}</span>
          </p>
        </div>
      )}
    </article>
  );
}
