import type { EmotionLabel, ParticipantSummary, UtteranceRow } from '../../client-sdk/protocol/index.ts';

interface Tally {
  role: ParticipantSummary['role'];
  utteranceCount: number;
  failedCount: number;
  spokenMs: number;
  emotions: Partial<Record<EmotionLabel, number>>;
  unclearCount: number;
  sentimentSum: number;
  scoredCount: number;
  dissatisfiedCount: number;
}

/** Sums up a call per participant, in the order of their first utterances. Add all of its utterances. */
export class CallTally {
  readonly #tallies = new Map<string, Tally>();

  add(utterance: UtteranceRow): void {
    const tally = this.#tallyOf(utterance);
    tally.role = utterance.role;
    tally.utteranceCount += 1;
    tally.spokenMs += utterance.endMs - utterance.startMs;
    if (utterance.label === null) {
      tally.failedCount += 1;
      return;
    }
    tally.scoredCount += 1;
    tally.sentimentSum += utterance.sentiment ?? 0;
    if (utterance.certain === false) tally.unclearCount += 1;
    else tally.emotions[utterance.label] = (tally.emotions[utterance.label] ?? 0) + 1;
    if (utterance.dissatisfied === true) tally.dissatisfiedCount += 1;
  }

  get participants(): ParticipantSummary[] {
    return [...this.#tallies].map(([id, { sentimentSum, scoredCount, ...tally }]) => ({
      id,
      ...tally,
      meanSentiment: scoredCount === 0 ? null : Math.round((sentimentSum / scoredCount) * 1000) / 1000,
    }));
  }

  #tallyOf({ participant, role }: UtteranceRow): Tally {
    const known = this.#tallies.get(participant);
    if (known !== undefined) return known;
    const tally: Tally = {
      role,
      utteranceCount: 0,
      failedCount: 0,
      spokenMs: 0,
      emotions: {},
      unclearCount: 0,
      sentimentSum: 0,
      scoredCount: 0,
      dissatisfiedCount: 0,
    };
    this.#tallies.set(participant, tally);
    return tally;
  }
}
