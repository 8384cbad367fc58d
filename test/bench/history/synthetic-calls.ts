import { EMOTION_LABELS, type EmotionEvent, type Participant } from '../../../client-sdk/protocol/index.ts';
import type { EventToStore, HistoryBatch, RunRecord } from '../../../server/history/history-store.ts';

/** Utterances of a call, half of them by each participant. */
export const UTTERANCES_PER_CALL = 50;
/** Participants that callers are drawn from. */
export const CALLERS = 5000;
const VOCABULARY = 30_000;
const START_MS = Date.UTC(2026, 0, 1);
const CALL_EVERY_MS = 60_000;

/** Made-up calls whose events have the size and the spread of real ones. The same seed gives the same calls. */
export class SyntheticCalls {
  readonly #random: () => number;
  readonly #words: readonly string[];
  #count = 0;

  constructor(seed = 1) {
    this.#random = randomOf(seed);
    this.#words = Array.from({ length: VOCABULARY }, () => this.#newWord());
  }

  /** The word with this rank, from 0 for the most frequent one. */
  word(rank: number): string {
    return this.#words[rank]!;
  }

  /** The next call: it has ended, and each utterance has a revision without and one with its words. */
  next(): HistoryBatch {
    const index = this.#count;
    this.#count += 1;
    const [sessionId, epoch] = [`call-${index}`, `epoch-${index.toString(36).padStart(6, '0')}`];
    const traceparent = `00-${this.#hex(32)}-${this.#hex(16)}-01`;
    const caller: Participant = {
      id: `caller-${Math.floor(this.#random() * CALLERS)}`,
      role: 'customer',
      displayName: 'Customer',
    };
    const agent: Participant = { id: `agent-${index % 40}`, role: 'agent', displayName: 'Agent' };
    const events: EventToStore[] = [];
    const tell = (body: object): void => {
      const event = { ...body, sessionId, epoch, sequence: events.length + 1, traceparent } as unknown as EmotionEvent;
      events.push({ sessionId, epoch, sequence: event.sequence, json: Buffer.from(JSON.stringify(event)) });
    };
    const startedAtMs = START_MS + index * CALL_EVERY_MS;
    const startedAt = new Date(startedAtMs).toISOString();
    tell({ type: 'session.started', mediaTimeMs: 0, startedAt, title: null, modelId: 'undertone-mini@0.9.0' });
    for (let number = 0; number < UTTERANCES_PER_CALL; number += 1) {
      const participant = number % 2 === 0 ? caller : agent;
      const startMs = number * 5000 + Math.floor(this.#random() * 1000);
      const base = { utteranceId: `${participant.id}-${startMs}`, participant, startMs };
      tell({ type: 'utterance.started', mediaTimeMs: startMs, ...base });
      tell(this.#result(base, 0, null));
      tell(this.#result(base, 1, this.#sentence()));
    }
    const durationMs = UTTERANCES_PER_CALL * 5000;
    const utteranceCount = UTTERANCES_PER_CALL;
    tell({ type: 'session.ended', mediaTimeMs: durationMs, reason: 'completed', durationMs, utteranceCount });
    const run: RunRecord = {
      sessionId,
      epoch,
      state: 'ended',
      title: null,
      traceparent,
      opener: 'server-token',
      startedAtMs,
      endedAtMs: startedAtMs + durationMs,
      endReason: 'completed',
      participants: [caller, agent].map((participant) => ({
        participant,
        holder: 'server-token',
        isNamed: false,
        isRolePinned: false,
        isAnnounced: true,
      })),
      notices: [],
      utteranceCount,
      lastSequence: events.length,
      mediaTimeMs: durationMs,
      isComplete: true,
    };
    return { runs: [run], events };
  }

  #result(
    base: { readonly utteranceId: string; readonly participant: Participant; readonly startMs: number },
    revision: number,
    text: string | null,
  ): object {
    const endMs = base.startMs + 1500 + Math.floor(this.#random() * 3000);
    const shares = this.#shares(7);
    const best = shares.indexOf(Math.max(...shares));
    const report = (contribution: number) => ({ state: 'ok', contribution, quality: this.#rounded(1, 2) });
    const absent = { state: 'absent', contribution: 0, quality: null };
    const [voice] = this.#shares(2);
    let at = 0;
    const words = (text ?? '').split(' ').map((word) => {
      const start = at;
      at += word.length + 1;
      return { start, end: start + word.length, weight: this.#rounded(0.3, 3) };
    });
    return {
      type: 'utterance.emotion',
      mediaTimeMs: endMs,
      ...base,
      revision,
      endMs,
      endedBy: 'silence',
      emotion: {
        label: EMOTION_LABELS[best],
        certain: shares[best]! > 0.5,
        confidence: shares[best],
        probabilities: Object.fromEntries(EMOTION_LABELS.map((label, at) => [label, shares[at]])),
      },
      sentiment: { score: Number((this.#random() * 6 - 3).toFixed(3)), probabilities: this.#shares(7) },
      ...(text !== null && { dissatisfaction: { probability: this.#rounded(1, 4), likely: this.#random() < 0.1 } }),
      modalities: {
        text: text === null ? absent : report(1 - voice!),
        audio: { ...report(voice!), baseline: { utterances: 5 } },
        video: absent,
      },
      transcript: text === null ? null : { text },
      ...(text !== null && { explanation: { words, sets: null } }),
      modelId: 'undertone-mini@0.9.0',
      latencyMs: this.#rounded(200, 1),
    };
  }

  /** Words by Zipf's law. */
  #sentence(): string {
    const length = 4 + Math.floor(this.#random() * 20);
    const words = Array.from({ length }, () => {
      const rank = Math.floor(VOCABULARY ** this.#random());
      return this.#words[Math.min(VOCABULARY, rank) - 1]!;
    });
    return words.join(' ');
  }

  #shares(count: number): number[] {
    const weights = Array.from({ length: count }, () => this.#random() ** 3);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => Number((weight / sum).toFixed(4)));
  }

  #rounded(max: number, digits: number): number {
    return Number((this.#random() * max).toFixed(digits));
  }

  #hex(length: number): string {
    return Array.from({ length }, () => Math.floor(this.#random() * 16).toString(16)).join('');
  }

  #newWord(): string {
    const syllables = 1 + Math.floor(this.#random() * 3);
    const letter = (letters: string) => letters[Math.floor(this.#random() * letters.length)]!;
    return Array.from(
      { length: syllables },
      () => letter('bcdfghklmnprstvw') + letter('aeiou') + letter('nrstlk'),
    ).join('');
  }
}

/** Mulberry32: numbers in 0…1 that depend on the seed alone. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
