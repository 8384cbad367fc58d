import { describe, expect, it } from 'vitest';
import { callMoments } from '../../../../server/report/measures/call-moments.ts';
import { interruptions } from '../../../../server/report/measures/interruptions.ts';
import { isListenerSignal } from '../../../../server/report/measures/listener-signal.ts';
import { longestMonologue } from '../../../../server/report/measures/longest-monologue.ts';
import { mutualSilence } from '../../../../server/report/measures/mutual-silence.ts';
import { sentimentCourse } from '../../../../server/report/measures/sentiment-course.ts';
import { talkShares } from '../../../../server/report/measures/talk-share.ts';
import { scriptedCall } from '../../../support/dashboard/scripted-call.ts';

describe('talk share', () => {
  it('is the time of one participant over the time of all, with overlaps of one participant counted once', () => {
    const call = scriptedCall(
      { who: 'customer', from: 0, to: 4 },
      { who: 'customer', from: 2, to: 6 },
      { who: 'agent', from: 5, to: 7 },
    );
    expect(talkShares(call)).toEqual([
      { participantId: 'customer', spokenMs: 6000, share: 0.75 },
      { participantId: 'agent', spokenMs: 2000, share: 0.25 },
    ]);
  });

  it('is nothing without speech, and 0 for an utterance without a length', () => {
    expect(talkShares([])).toEqual([]);
    expect(talkShares(scriptedCall({ who: 'agent', from: 1, to: 1 }))).toEqual([
      { participantId: 'agent', spokenMs: 0, share: 0 },
    ]);
  });
});

describe('mutual silence', () => {
  it('is the time in which nobody speaks, before the first word and after the last, too', () => {
    const call = scriptedCall({ who: 'customer', from: 2, to: 6 }, { who: 'agent', from: 5, to: 8 });
    expect(mutualSilence(call, 20_000)).toEqual({
      totalMs: 14_000,
      share: 0.7,
      longest: { startMs: 8000, endMs: 20_000 },
      long: [{ startMs: 8000, endMs: 20_000 }],
    });
  });

  it('is none where somebody speaks all the time, even beyond the end', () => {
    const call = scriptedCall({ who: 'customer', from: 0, to: 6 }, { who: 'agent', from: 6, to: 12 });
    expect(mutualSilence(call, 10_000)).toEqual({ totalMs: 0, share: 0, longest: null, long: [] });
    expect(mutualSilence([], 0)).toEqual({ totalMs: 0, share: 0, longest: null, long: [] });
  });

  it('does not count an utterance that begins after the end of the call', () => {
    const { totalMs } = mutualSilence(scriptedCall({ who: 'agent', from: 30, to: 31 }), 10_000);
    expect(totalMs).toBe(10_000);
  });
});

describe("a listener's signal", () => {
  const said = (text: string | null, seconds: number) =>
    isListenerSignal(scriptedCall({ who: 'agent', from: 0, to: seconds, text })[0]!);

  it.each(['Mhm.', 'Mm-hmm.', 'Uh-huh', 'Yeah, yeah.', 'Okay, I see.', 'Ach so, genau!', "D'accord.", 'Угу', '…'])(
    'is %s',
    (text) => expect(said(text, 1)).toBe(true),
  );

  it.each(['No.', 'Okay, but listen', 'Stop', 'See you', 'Yes we can'])('is not %s', (text) =>
    expect(said(text, 1)).toBe(false),
  );

  it('is short: a long one takes the turn, and without words only a very short one counts', () => {
    expect(said('Mhm', 2.1)).toBe(false);
    expect(said(null, 0.8)).toBe(true);
    expect(said(null, 0.9)).toBe(false);
  });

  it('is decided quickly, whatever the words are', () => {
    expect(said(`${'m hm mhm '.repeat(1000)}x`, 1)).toBe(false);
    expect(said(`${'mh'.repeat(5000)}x`, 1)).toBe(false);
  });
});

describe('an interruption', () => {
  it('is an utterance that begins while another is under way and goes on', () => {
    const call = scriptedCall({ who: 'agent', from: 0, to: 10 }, { who: 'customer', from: 4, to: 6 });
    expect(interruptions(call)).toEqual([{ byId: 'customer', onId: 'agent', atMs: 4000, utteranceId: 'u1' }]);
  });

  it("is none at a turn's end, at its beginning, or as a listener's signal", () => {
    const agent = { who: 'agent', from: 0, to: 10 } as const;
    for (const customer of [
      { from: 9.6, to: 14 },
      { from: 0.3, to: 14 },
      { from: 10, to: 14 },
      { from: 4, to: 5, text: 'Mhm' },
      { from: 4, to: 4.4, text: 'No, no, no!' },
    ]) {
      expect(interruptions(scriptedCall(agent, { who: 'customer', ...customer }))).toEqual([]);
    }
  });

  it('counts against the one who breaks in, also when the other breaks in again', () => {
    const call = scriptedCall(
      { who: 'agent', from: 0, to: 5 },
      { who: 'customer', from: 3, to: 9 },
      { who: 'agent', from: 7, to: 12 },
    );
    expect(interruptions(call).map(({ byId, onId }) => [byId, onId])).toEqual([
      ['customer', 'agent'],
      ['agent', 'customer'],
    ]);
  });

  it('is found in a long utterance although its speaker had a shorter one later', () => {
    const call = scriptedCall(
      { who: 'agent', from: 0, to: 20 },
      { who: 'agent', from: 2, to: 3 },
      { who: 'customer', from: 10, to: 14 },
    );
    expect(interruptions(call)).toHaveLength(1);
  });
});

describe('the longest monologue', () => {
  it("joins one participant's utterances over short pauses and the listener's signals", () => {
    const call = scriptedCall(
      { who: 'agent', from: 0, to: 2 },
      { who: 'customer', from: 3, to: 8 },
      { who: 'agent', from: 8, to: 9, text: 'Mhm.' },
      { who: 'customer', from: 10, to: 20 },
      { who: 'agent', from: 20, to: 25 },
    );
    expect(longestMonologue(call)).toEqual({
      participantId: 'customer',
      utteranceId: 'u1',
      startMs: 3000,
      endMs: 20_000,
    });
  });

  it('ends at a long pause', () => {
    const call = scriptedCall({ who: 'agent', from: 0, to: 2 }, { who: 'agent', from: 5.1, to: 8 });
    expect(longestMonologue(call)).toMatchObject({ startMs: 5100, endMs: 8000 });
    expect(longestMonologue([])).toBeNull();
  });
});

describe('the course of a participant', () => {
  const told = (...sentiments: number[]) =>
    scriptedCall(
      ...sentiments.map((sentiment, at) => ({ who: 'customer', from: at * 2, to: at * 2 + 1, sentiment }) as const),
    );

  it('compares the first fifth with the last', () => {
    const course = sentimentCourse(told(-2, -1, 0, 0, 0, 0, 0, 0, 1, 2));
    expect(course).toMatchObject({
      beginning: { sentiment: -1.5 },
      end: { sentiment: 1.5 },
      change: 3,
      direction: 'better',
    });
    expect(course?.beginning.utteranceIds).toEqual(['u0', 'u1']);
    expect(course?.end.utteranceIds).toEqual(['u8', 'u9']);
  });

  it('takes at most ten utterances and at most half of them', () => {
    expect(sentimentCourse(told(...Array.from({ length: 90 }, () => 0)))?.end.utteranceIds).toHaveLength(10);
    expect(sentimentCourse(told(1, 0, -1))).toMatchObject({ change: -2, direction: 'worse' });
    expect(sentimentCourse(told(1))).toBeNull();
  });

  it('weighs by length, and calls a small change steady', () => {
    const call = scriptedCall(
      { who: 'customer', from: 0, to: 1, sentiment: 0 },
      { who: 'customer', from: 1, to: 4, sentiment: 0.4 },
      { who: 'customer', from: 4, to: 5, sentiment: 0.5 },
      { who: 'customer', from: 5, to: 6, sentiment: 0.5 },
    );
    const course = sentimentCourse(call);
    expect(course?.beginning.sentiment).toBeCloseTo(0.3);
    expect(course?.direction).toBe('steady');
  });

  it('names the emotion of the most time, and none where most of it is unclear', () => {
    const part = (certain: boolean) =>
      sentimentCourse(
        scriptedCall(
          { who: 'customer', from: 0, to: 4, sentiment: -1, label: 'anger', certain },
          { who: 'customer', from: 5, to: 6, sentiment: -1, label: 'joy', certain: true },
          { who: 'customer', from: 7, to: 8, sentiment: -1 },
          { who: 'customer', from: 9, to: 10, sentiment: -1 },
        ),
      )?.beginning.label;
    expect(part(true)).toBe('anger');
    expect(part(false)).toBeNull();
  });
});

describe('the moments of a call', () => {
  const at = (from: number, sentiment: number, more = {}) =>
    ({ who: 'customer', from, to: from + 3, sentiment, ...more }) as const;
  const ids = (utterances: readonly { id: string }[]) => utterances.map(({ id }) => id);

  it('are the worst and the best, the strongest first, and nothing that is neutral', () => {
    const { worst, best } = callMoments(scriptedCall(at(0, -1), at(60, -2), at(120, 0.4), at(180, 1.5)), 3);
    expect(ids(worst)).toEqual(['u1', 'u0']);
    expect(ids(best)).toEqual(['u3']);
  });

  it('name one scene once', () => {
    const { worst } = callMoments(scriptedCall(at(0, -1), at(6, -2), at(12, -1.5), at(60, -0.6)), 3);
    expect(ids(worst)).toEqual(['u1', 'u3']);
  });

  it('prefer utterances with words, leave out listener signals, and count likely dissatisfaction', () => {
    const { worst } = callMoments(
      scriptedCall(at(0, -2, { text: null }), at(60, -1), at(120, -0.2, { dissatisfied: true }), {
        ...at(180, -3, { text: 'Mhm' }),
        to: 181,
      }),
      4,
    );
    expect(ids(worst)).toEqual(['u1', 'u2', 'u0']);
  });
});
