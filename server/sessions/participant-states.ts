import type {
  EmotionEvent,
  ParticipantState,
  UtteranceEmotion,
  UtteranceState,
} from '../../client-sdk/protocol/index.ts';

/** Sentiments that are kept per participant. */
const MAX_SENTIMENTS = 24;

interface Held {
  /** The utterance that is being spoken or scored for the first time. */
  open: { readonly utteranceId: string; readonly startMs: number } | null;
  latest: UtteranceState | null;
  /** Newest utterances with a result, by start. */
  readonly scored: { readonly utteranceId: string; readonly startMs: number; score: number }[];
}

/** How the participants of one session stand, from its events. */
export class ParticipantStates {
  readonly #held = new Map<string, Held>();

  /** Takes the session's next event. */
  take(event: EmotionEvent): void {
    if (event.type === 'session.ended') {
      for (const held of this.#held.values()) held.open = null;
    } else if (event.type === 'utterance.started') {
      const { utteranceId, startMs, participant } = event;
      this.#of(participant.id).open = { utteranceId, startMs };
    } else if (event.type === 'utterance.emotion' || event.type === 'utterance.failed') {
      const held = this.#of(event.participant.id);
      if (held.open?.utteranceId === event.utteranceId) held.open = null;
      if (event.type === 'utterance.emotion') keepScore(held, event);
    }
  }

  /** In order of first appearance. */
  list(): ParticipantState[] {
    return Array.from(this.#held, ([participantId, { open, latest, scored }]) => ({
      participantId,
      speakingSinceMs: open?.startMs ?? null,
      latest,
      sentiments: scored.map(({ score }) => score),
    }));
  }

  #of(participantId: string): Held {
    const known = this.#held.get(participantId);
    if (known !== undefined) return known;
    const held: Held = { open: null, latest: null, scored: [] };
    this.#held.set(participantId, held);
    return held;
  }
}

function keepScore(held: Held, event: UtteranceEmotion): void {
  const { utteranceId, startMs, sentiment } = event;
  if (held.latest === null || startMs >= held.latest.startMs) held.latest = shortened(event);
  const known = held.scored.find((other) => other.utteranceId === utteranceId);
  if (known !== undefined) {
    known.score = sentiment.score;
    return;
  }
  const behind = held.scored.findLastIndex((other) => other.startMs <= startMs) + 1;
  if (behind === 0 && held.scored.length === MAX_SENTIMENTS) return;
  held.scored.splice(behind, 0, { utteranceId, startMs, score: sentiment.score });
  if (held.scored.length > MAX_SENTIMENTS) held.scored.shift();
}

function shortened(event: UtteranceEmotion): UtteranceState {
  const { utteranceId, revision, startMs, endMs, emotion, sentiment, dissatisfaction } = event;
  const { label, certain, confidence } = emotion;
  return {
    utteranceId,
    revision,
    startMs,
    endMs,
    emotion: { label, ...(certain !== undefined && { certain }), confidence },
    sentiment: { score: sentiment.score },
    ...(dissatisfaction !== undefined && { dissatisfaction }),
  };
}
