import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { participantName, sentimentName } from '../../../client-sdk/protocol/index.ts';
import { describeEmotion } from '../state/certainty.ts';
import type { Lane } from '../state/lanes.ts';

/** Shortest time between two announcements, in ms, so that a lively call does not talk over the listener. */
const QUIET_MS = 5000;

/** Announces the newest mood to screen readers, politely and not too often. */
export function Announcer({ lanes, isLive }: { lanes: readonly Lane[]; isLive: boolean }): JSX.Element {
  const [text, setText] = useState('');
  const spokenAt = useRef(0);
  const newest = newestMood(lanes);

  useEffect(() => {
    if (!isLive || newest === null) return;
    const waitMs = Math.max(0, spokenAt.current + QUIET_MS - performance.now());
    const timer = setTimeout(() => {
      spokenAt.current = performance.now();
      setText(newest);
    }, waitMs);
    return () => clearTimeout(timer);
  }, [newest, isLive]);

  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

function newestMood(lanes: readonly Lane[]): string | null {
  const latest = lanes.flatMap((lane) => lane.latest ?? []).sort((a, b) => b.startMs - a.startMs)[0];
  if (latest === undefined) return null;
  const { emotion, sentiment, dissatisfaction } = latest.score;
  const mood = `${describeEmotion(emotion)}, ${sentimentName(sentiment.score)}`;
  const remark = dissatisfaction?.likely === true ? ', dissatisfaction likely' : '';
  return `${participantName(latest.participant)}: ${mood}${remark}`;
}
