import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeld, openWindow, type ParticipantWindow, step } from '../../../pipeline/window/participant-window.ts';
import type { WindowDecision } from '../../../pipeline/window/window-decision.ts';
import { ALICE, openTrack, words } from '../../support/pipeline/frames.ts';

const FRAME = 512;
const OPTIONS = { maxUtteranceMs: 4096, endSilenceMs: 640, minSpeechMs: 224, preRollMs: 96, interimMs: 2048 };

/** Alternating counts of silent and voiced frames. */
function frames(...counts: number[]): number[] {
  return counts.flatMap((count, index) => new Array<number>(count).fill(index % 2 === 0 ? 0.01 : 0.9));
}

/** A participant's window whose audio starts at 0, with shorthands for its inputs. */
function listen() {
  const window: ParticipantWindow = openWindow(ALICE, OPTIONS);
  step(window, { kind: 'track-opened', track: openTrack('a', 'audio') });
  step(window, { kind: 'audio-kept', fromSample: 0 });
  step(window, { kind: 'run-started', startSample: 0 });
  let count = 0;
  function push(probabilities: readonly number[]): WindowDecision[] {
    return probabilities.flatMap((probability) => {
      count += 1;
      return step(window, { kind: 'frame-scored', endSample: count * FRAME, probability });
    });
  }
  function say(startFrame: number, endFrame: number): readonly WindowDecision[] {
    const segment = words('t', (startFrame * FRAME) / 16, (endFrame * FRAME) / 16);
    return step(window, { kind: 'words', segment });
  }
  const end = (endSample?: number) => {
    if (endSample !== undefined) window.positionSample = endSample;
    return step(window, { kind: 'audio-ended', endedBy: 'track-end' });
  };
  return { window, push, say, end };
}

/** `start–end reason` of each closed utterance, in frames. */
function closed(decisions: readonly WindowDecision[]): string[] {
  return decisions.flatMap((decision) => {
    if (decision.kind !== 'close') return [];
    const { startMs, endMs, endedBy } = decision.utterance;
    return [`${(startMs * 16) / FRAME}–${(endMs * 16) / FRAME} ${endedBy}`];
  });
}

/** First samples of the utterances that opened. */
function opened(decisions: readonly WindowDecision[]): number[] {
  return decisions.flatMap((decision) => (decision.kind === 'open' ? [decision.startSample] : []));
}

describe('the window of a participant', () => {
  it('opens with the pre-roll once the voice has lasted, and closes where it ended', () => {
    const { push } = listen();
    expect(push(frames(10, 6))).toEqual([]);
    expect(opened(push(frames(0, 1)))).toEqual([7 * FRAME]);
    expect(closed(push(frames(0, 20, 19)))).toEqual([]);
    expect(closed(push(frames(1)))).toEqual(['7–37 silence']);
  });

  it('keeps one utterance over a pause shorter than the end silence', () => {
    const events = listen().push(frames(10, 20, 19, 20, 20));
    expect(closed(events)).toEqual(['7–69 silence']);
  });

  it('takes a click for no voice, however often it comes', () => {
    expect(listen().push(frames(10, 3, 5, 3, 5, 3, 5, 3, 30))).toEqual([]);
  });

  it('holds on to a voice that fades between the two thresholds', () => {
    const fading = [...frames(10, 20), ...new Array<number>(30).fill(0.4), ...frames(30)];
    expect(closed(listen().push(fading))).toEqual(['7–60 silence']);
  });

  it('does not start before the run or inside the utterance before', () => {
    expect(closed(listen().push(frames(1, 20, 20)))).toEqual(['0–21 silence']);
  });

  it('cuts a voice that goes on at the maximum length, and goes on there', () => {
    const events = listen().push(frames(3, 300, 20));
    expect(closed(events)).toEqual(['0–128 max-length', '128–256 max-length', '256–303 silence']);
  });

  it('never keeps an utterance open past the maximum, even when a pause falls on it', () => {
    const events = listen().push(frames(3, 120, 15, 30, 20));
    expect(closed(events)).toEqual(['0–123 max-length', '135–168 silence']);
  });

  it('cuts where final words end while the speaker goes on', () => {
    const { push, say } = listen();
    const events = push(frames(10, 60));
    events.push(...say(10, 50), ...push(frames(0, 10, 20)));
    expect(closed(events)).toEqual(['7–50 transcript-final', '50–80 silence']);
  });

  it('cuts the same whether final words land before or after the voice passes their end', () => {
    const voice = frames(10, 60, 3, 30, 20);
    const run = (at: number) => {
      const { push, say } = listen();
      const events = push(voice.slice(0, at));
      events.push(...say(8, 55.5), ...push(voice.slice(at)));
      return closed(events);
    };
    expect(run(20)).toEqual(['7–55.5 transcript-final', '55.5–103 silence']);
    for (const at of [40, 55, 60, 64, 70, 100]) {
      expect(run(at)).toEqual(run(20));
    }
  });

  it('ends an utterance with its voice when final words end in a pause', () => {
    const { push, say } = listen();
    const events = push(frames(10, 60, 10));
    expect(closed(events)).toEqual([]);
    expect(closed(say(10, 68))).toEqual(['7–70 transcript-final']);
    expect(closed(push(frames(4, 20, 20)))).toEqual(['81–104 silence']);
  });

  it.each([
    ['too soon after the start', 10, 30],
    ['outside any utterance', 0, 5],
    ['before they begin', 60, 50],
  ])('is not cut by final words that end %s', (_, start, end) => {
    const { push, say } = listen();
    const events = push(frames(10, 60));
    events.push(...say(start, end), ...push(frames(20)));
    expect(closed(events)).toEqual(['7–70 silence']);
  });

  it('closes what is open at the end of the track, where its voice ended', () => {
    const pausing = listen();
    pausing.push(frames(10, 20, 5));
    expect(closed(pausing.end())).toEqual(['7–30 track-end']);
    const speaking = listen();
    speaking.push(frames(10, 20));
    expect(closed(speaking.end(29.5 * FRAME))).toEqual(['7–29.5 track-end']);
  });

  it('hears nothing before a raised floor', () => {
    const { window, push } = listen();
    window.boundaries.floorSample = 20 * FRAME;
    expect(closed(push(frames(10, 30, 20)))).toEqual(['20–40 silence']);
  });

  it('gives ranges in order, apart and not too long, that hold every long voice, whatever comes', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 12 });
    const finals = fc.array(fc.tuple(fc.nat(600), fc.nat(600), fc.nat(600)), { maxLength: 6 });
    fc.assert(
      fc.property(lengths, finals, (counts, words) => {
        const probabilities = frames(...counts);
        const { push, say, end } = listen();
        const decisions = probabilities.flatMap((probability, index) => [
          ...words.filter(([at]) => at === index).flatMap(([, start, length]) => say(start, start + length)),
          ...push([probability]),
        ]);
        decisions.push(...end());
        const ranges = decisions.flatMap((decision) => (decision.kind === 'close' ? [decision] : []));
        const edges = decisions.filter(({ kind }) => kind === 'open' || kind === 'close');
        expect(edges.map(({ kind }) => kind)).toEqual(ranges.flatMap(() => ['open', 'close']));
        let previousEndMs = 0;
        for (const { utterance, tracks } of ranges) {
          const { startMs, endMs } = utterance;
          expect(startMs).toBeGreaterThanOrEqual(previousEndMs);
          expect(endMs).toBeGreaterThan(startMs);
          if (tracks.audio) expect(endMs - startMs).toBeLessThanOrEqual(4096);
          previousEndMs = endMs;
        }
      }),
    );
  });

  it('gives an utterance its audio as it is decided, up to its end', () => {
    const { push } = listen();
    const extents = push(frames(10, 20, 20)).flatMap((decision) =>
      decision.kind === 'extend' ? [decision.untilSample / FRAME] : [],
    );
    expect(extents).toEqual([...Array.from({ length: 33 }, (_, index) => 17 + index), 30]);
  });

  it('waits for pictures before it tells an end, and gives up on them when told that they are late', () => {
    const { window, push } = listen();
    const track = openTrack('v', 'video');
    step(window, { kind: 'track-opened', track });
    expect(closed(push(frames(10, 20, 25)))).toEqual([]);
    expect(isHeld(window)).toBe(true);
    step(window, { kind: 'pictures-settled', untilMs: 900 });
    expect(closed(step(window, { kind: 'turn' }))).toEqual([]);
    step(window, { kind: 'pictures-late' });
    expect(closed(step(window, { kind: 'turn' }))).toEqual(['7–30 silence']);
  });

  it('revises a closed utterance when its words come late, and discards words where nobody spoke', () => {
    const { window, push, say } = listen();
    push(frames(10, 30, 40, 0, 200));
    expect(say(12, 38).map(({ kind }) => kind)).toEqual(['revise']);
    push(frames(100));
    expect(say(150, 160)).toEqual([{ kind: 'discard', reason: 'unmatched-transcript', segmentIds: ['s4800'] }]);
    expect(window.words.waiting).toEqual([]);
  });

  it('decides the same from a copy of its state: all that it knows is in there', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(lengths, lengths, fc.nat(80), (before, after, end) => {
        const original = listen();
        original.push(frames(...before));
        original.say(Math.max(0, end - 20), end);
        const copy = structuredClone(original.window);
        const inputs = frames(...after).map((probability, index) => ({
          kind: 'frame-scored' as const,
          endSample: original.window.positionSample + (index + 1) * FRAME,
          probability,
        }));
        const decide = (window: ParticipantWindow) => inputs.flatMap((input) => [...step(window, input)]);
        expect(decide(copy)).toEqual(decide(original.window));
      }),
    );
  });
});
