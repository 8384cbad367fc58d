import type { Participant } from '../../../client-sdk/protocol/index.ts';
import { ROLE_NAMES } from './emotions.ts';

/** Media time as `m:ss`, or `h:mm:ss` from one hour on. */
export function formatMediaTime(timeMs: number): string {
  const totalSeconds = Math.max(0, Math.floor(timeMs / 1000));
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = String(totalSeconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** Length of time in words, for screen readers and summaries: `1 h 4 min`, `2 min 5 s`, `8 s`. */
export function formatDuration(durationMs: number): string {
  const totalSeconds = Math.max(0, Math.round(durationMs / 1000));
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${totalSeconds % 60} s` : `${totalSeconds} s`;
}

/** A share 0…1 as a whole percentage. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Sentiment −3…3 with its sign and one decimal; values that round to zero have no sign. */
export function formatSentiment(score: number): string {
  const text = Math.abs(score).toFixed(1);
  if (text === '0.0') return text;
  return score < 0 ? `−${text}` : `+${text}`;
}

/** Sentiment −3…3 in words. */
export function describeSentiment(score: number): string {
  if (score <= -1.75) return 'very negative';
  if (score <= -0.5) return 'negative';
  if (score < 0.5) return 'neutral';
  return score < 1.75 ? 'positive' : 'very positive';
}

/** What to call a participant: the name if there is one, else role and id. */
export function participantName(participant: Participant): string {
  if (participant.displayName !== null && participant.displayName !== '') return participant.displayName;
  return participant.role === 'unknown' ? participant.id : ROLE_NAMES[participant.role];
}
