import { describe, expect, it } from 'vitest';
import { countDissatisfaction } from '../../../../server/dashboard/state/dissatisfaction.ts';
import { emotionShares, meanSentiment, sessionLanes } from '../../../../server/dashboard/state/lanes.ts';
import { applyEvents, emptySessionView } from '../../../../server/dashboard/state/session-view.ts';
import { emotion, scored, started } from '../../../support/dashboard/events.ts';
import { AGENT, CUSTOMER } from '../../../support/dashboard/synthetic-call.ts';

describe('the lanes of a session', () => {
  it('hold one participant each, those who have not spoken too', () => {
    const view = applyEvents(emptySessionView('s'), [emotion({ sequence: 1, startMs: 0, participant: CUSTOMER })]);
    const lanes = sessionLanes(view, [CUSTOMER, AGENT]);
    expect(lanes.map((lane) => [lane.participant.id, lane.scored.length])).toEqual([
      ['customer', 1],
      ['agent', 0],
    ]);
  });

  it('tell who is speaking, and since when, until the score is there', () => {
    const view = applyEvents(emptySessionView('s'), [
      emotion({ sequence: 1, startMs: 0 }),
      started({ sequence: 2, startMs: 4000 }),
    ]);
    expect(sessionLanes(view)[0]?.speakingSinceMs).toBe(4000);
    expect(sessionLanes({ ...view, status: 'ended' })[0]?.speakingSinceMs).toBeNull();
    const after = applyEvents(view, [emotion({ sequence: 3, startMs: 4000 })]);
    expect(sessionLanes(after)[0]?.speakingSinceMs).toBeNull();
  });
});

describe('the summary of a participant', () => {
  const utterances = [
    scored({ startMs: 0, endMs: 3000, label: 'anger', sentiment: -2 }),
    scored({ startMs: 4000, endMs: 5000, label: 'joy', sentiment: 2 }),
  ];

  it('weighs emotions and sentiment by spoken time', () => {
    expect(emotionShares(utterances)).toEqual({
      clear: [
        { label: 'anger', share: 0.75 },
        { label: 'joy', share: 0.25 },
      ],
      unclear: 0,
      unclearCount: 0,
    });
    expect(meanSentiment(utterances)).toBe(-1);
  });

  it('counts an unclear label for no emotion, and its time and its sentiment all the same', () => {
    const [anger, joy] = utterances;
    const unclear = scored({ startMs: 6000, endMs: 10_000, label: 'anger', sentiment: -3, certain: false });
    const certain = scored({ startMs: 11_000, endMs: 13_000, label: 'joy', sentiment: 1, certain: true });
    expect(emotionShares([anger!, joy!, unclear, certain])).toEqual({
      clear: [
        { label: 'anger', share: 0.3 },
        { label: 'joy', share: 0.3 },
      ],
      unclear: 0.4,
      unclearCount: 1,
    });
    expect(emotionShares([unclear])).toEqual({ clear: [], unclear: 1, unclearCount: 1 });
    expect(meanSentiment([unclear, certain])).toBeCloseTo(-10 / 6);
  });

  it('counts likely dissatisfaction among the utterances that were judged, whether their emotion is clear or not', () => {
    const judged = [
      scored({ startMs: 0, dissatisfaction: { probability: 0.9, likely: true } }),
      scored({ startMs: 2000, certain: false, dissatisfaction: { probability: 0.6, likely: true } }),
      scored({ startMs: 4000, dissatisfaction: { probability: 0.1, likely: false } }),
    ];
    expect(countDissatisfaction([...judged, ...utterances])).toEqual({ likely: 2, judged: 3 });
    expect(countDissatisfaction(utterances)).toBeNull();
  });

  it('has no sentiment when nothing was scored', () => {
    expect(meanSentiment([])).toBeNull();
    expect(emotionShares([])).toEqual({ clear: [], unclear: 0, unclearCount: 0 });
  });
});
