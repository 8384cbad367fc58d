import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoundaryEvent, UtteranceBoundaries } from '../../../pipeline/window/utterance-boundaries.ts';

const FRAME = 512;
const OPTIONS = { maxUtteranceMs: 4096, endSilenceMs: 640, minSpeechMs: 224, preRollMs: 96, interimMs: 2048 };

/** Alternating counts of silent and voiced frames. */
function frames(...counts: number[]): number[] {
  return counts.flatMap((count, index) => new Array<number>(count).fill(index % 2 === 0 ? 0.01 : 0.9));
}

function push(boundaries: UtteranceBoundaries, probabilities: readonly number[]): BoundaryEvent[] {
  return probabilities.flatMap((probability) => boundaries.push(probability));
}

/** `start–end reason` of each closed utterance, in frames. */
function closed(events: readonly BoundaryEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'closed' ? [`${event.startSample / FRAME}–${event.endSample / FRAME} ${event.endedBy}`] : [],
  );
}

describe('UtteranceBoundaries', () => {
  it('opens with the pre-roll once the voice has lasted, and closes where it ended', () => {
    const boundaries = new UtteranceBoundaries(OPTIONS);
    expect(push(boundaries, frames(10, 6))).toEqual([]);
    expect(push(boundaries, frames(0, 1))).toEqual([{ kind: 'opened', startSample: 7 * FRAME }]);
    expect(push(boundaries, frames(0, 20, 19))).toEqual([]);
    expect(closed(push(boundaries, frames(1)))).toEqual(['7–37 silence']);
  });

  it('keeps one utterance over a pause shorter than the end silence', () => {
    const events = push(new UtteranceBoundaries(OPTIONS), frames(10, 20, 19, 20, 20));
    expect(closed(events)).toEqual(['7–69 silence']);
  });

  it('takes a click for no voice, however often it comes', () => {
    expect(push(new UtteranceBoundaries(OPTIONS), frames(10, 3, 5, 3, 5, 3, 5, 3, 30))).toEqual([]);
  });

  it('holds on to a voice that fades between the two thresholds', () => {
    const fading = [...frames(10, 20), ...new Array<number>(30).fill(0.4), ...frames(30)];
    expect(closed(push(new UtteranceBoundaries(OPTIONS), fading))).toEqual(['7–60 silence']);
  });

  it('does not start before the run or inside the utterance before', () => {
    expect(closed(push(new UtteranceBoundaries(OPTIONS), frames(1, 20, 20)))).toEqual(['0–21 silence']);
  });

  it('cuts a voice that goes on at the maximum length, and goes on there', () => {
    const events = push(new UtteranceBoundaries(OPTIONS), frames(3, 300, 20));
    expect(closed(events)).toEqual(['0–128 max-length', '128–256 max-length', '256–303 silence']);
  });

  it('never keeps an utterance open past the maximum, even when a pause falls on it', () => {
    const events = push(new UtteranceBoundaries(OPTIONS), frames(3, 120, 15, 30, 20));
    expect(closed(events)).toEqual(['0–123 max-length', '135–168 silence']);
  });

  it('cuts where final words end while the speaker goes on', () => {
    const boundaries = new UtteranceBoundaries(OPTIONS);
    const events = push(boundaries, frames(10, 60));
    events.push(...boundaries.addFinal(10 * FRAME, 50 * FRAME), ...push(boundaries, frames(0, 10, 20)));
    expect(closed(events)).toEqual(['7–50 transcript-final', '50–80 silence']);
  });

  it('cuts the same whether final words land before or after the voice passes their end', () => {
    const voice = frames(10, 60, 3, 30, 20);
    const run = (at: number) => {
      const boundaries = new UtteranceBoundaries(OPTIONS);
      const events = push(boundaries, voice.slice(0, at));
      events.push(...boundaries.addFinal(8 * FRAME, 55.5 * FRAME), ...push(boundaries, voice.slice(at)));
      return closed(events);
    };
    expect(run(20)).toEqual(['7–55.5 transcript-final', '55.5–103 silence']);
    for (const at of [40, 55, 60, 64, 70, 100]) {
      expect(run(at)).toEqual(run(20));
    }
  });

  it('ends an utterance with its voice when final words end in a pause', () => {
    const boundaries = new UtteranceBoundaries(OPTIONS);
    const events = push(boundaries, frames(10, 60, 10));
    expect(closed(events)).toEqual([]);
    expect(closed(boundaries.addFinal(10 * FRAME, 68 * FRAME))).toEqual(['7–70 transcript-final']);
    expect(closed(push(boundaries, frames(4, 20, 20)))).toEqual(['81–104 silence']);
  });

  it.each([
    ['too soon after the start', 10, 30],
    ['outside any utterance', 0, 5],
    ['before they begin', 60, 50],
  ])('is not cut by final words that end %s', (_, start, end) => {
    const boundaries = new UtteranceBoundaries(OPTIONS);
    const events = push(boundaries, frames(10, 60));
    events.push(...boundaries.addFinal(start * FRAME, end * FRAME), ...push(boundaries, frames(20)));
    expect(closed(events)).toEqual(['7–70 silence']);
  });

  it('closes what is open at the end of the track, where its voice ended', () => {
    const boundaries = new UtteranceBoundaries(OPTIONS);
    push(boundaries, frames(10, 20, 5));
    expect(closed(boundaries.end(35 * FRAME, 'track-end'))).toEqual(['7–30 track-end']);
    const speaking = new UtteranceBoundaries(OPTIONS);
    push(speaking, frames(10, 20));
    expect(closed(speaking.end(29.5 * FRAME, 'track-end'))).toEqual(['7–29.5 track-end']);
  });

  it('hears nothing before a raised floor', () => {
    const boundaries = new UtteranceBoundaries(OPTIONS);
    boundaries.raiseFloor(20 * FRAME);
    expect(closed(push(boundaries, frames(10, 30, 20)))).toEqual(['20–40 silence']);
  });

  it('gives ranges in order, apart and not too long, that hold every long voice, whatever comes', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 12 });
    const finals = fc.array(fc.tuple(fc.nat(600), fc.nat(600), fc.nat(600)), { maxLength: 6 });
    fc.assert(
      fc.property(lengths, finals, (counts, words) => {
        const probabilities = frames(...counts);
        const boundaries = new UtteranceBoundaries(OPTIONS);
        const events = probabilities.flatMap((probability, index) => [
          ...words
            .filter(([at]) => at === index)
            .flatMap(([, start, length]) => boundaries.addFinal(start * FRAME, (start + length) * FRAME)),
          ...boundaries.push(probability),
        ]);
        events.push(...boundaries.end(probabilities.length * FRAME, 'track-end'));
        const ranges = events.flatMap((event) => (event.kind === 'closed' ? [event] : []));
        expect(events.map(({ kind }) => kind)).toEqual(ranges.flatMap(() => ['opened', 'closed']));
        let previousEnd = 0;
        for (const { startSample, endSample } of ranges) {
          expect(startSample).toBeGreaterThanOrEqual(previousEnd);
          expect(endSample).toBeGreaterThan(startSample);
          expect(endSample - startSample).toBeLessThanOrEqual(4096 * 16);
          previousEnd = endSample;
        }
      }),
    );
  });
});
