import { EMOTION_LABELS, type EmotionLabel, type ParticipantRole } from '../../../client-sdk/protocol/index.ts';
import type { MeasuredUtterance } from '../../../server/report/measures/measured-utterance.ts';

export interface Line {
  /** Role, and id of the participant. */
  readonly who: ParticipantRole;
  readonly from: number;
  readonly to: number;
  readonly text?: string | null;
  /** Default: no score. */
  readonly sentiment?: number;
  readonly label?: EmotionLabel;
  readonly certain?: boolean;
  readonly dissatisfied?: boolean;
}

/** A call as the measures read it. `from` and `to` are seconds; ids are `u0`, `u1`, … */
export function scriptedCall(...lines: Line[]): MeasuredUtterance[] {
  return lines.map((line, at) => ({
    id: `u${at}`,
    participant: { id: line.who, role: line.who, displayName: null },
    startMs: line.from * 1000,
    endMs: line.to * 1000,
    text: line.text === undefined ? 'So this is what I wanted to say.' : line.text,
    score: line.sentiment === undefined ? null : scoreOf(line, line.sentiment),
  }));
}

function scoreOf({ label = 'neutral', certain, dissatisfied }: Line, sentiment: number): MeasuredUtterance['score'] {
  const probabilities = Object.fromEntries(EMOTION_LABELS.map((each) => [each, each === label ? 0.7 : 0.05])) as Record<
    EmotionLabel,
    number
  >;
  return {
    emotion: { label, confidence: 0.7, probabilities, ...(certain !== undefined && { certain }) },
    sentiment: { score: sentiment, probabilities: [0, 0, 0, 1, 0, 0, 0] },
    ...(dissatisfied !== undefined && {
      dissatisfaction: { probability: dissatisfied ? 0.8 : 0.2, likely: dissatisfied },
    }),
  };
}
