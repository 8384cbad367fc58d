import { describe, expect, it } from 'vitest';
import { RecognizedSegments } from '../../../../client-sdk/publish/capture/recognized-segments.ts';

describe('words from a recogniser without times', () => {
  it('begin at the first guess and end at the last change', () => {
    const segments = new RecognizedSegments();
    segments.update(0, { text: 'good', final: false }, 1300);
    segments.update(0, { text: 'good morning', final: false }, 1800);
    const words = segments.update(0, { text: 'Good morning.', final: true }, 2900);
    expect(words).toEqual({ segmentId: '0', startMs: 1000, endMs: 1500, text: 'Good morning.', final: true });
  });

  it('that are final at once began as long before as it takes to say them', () => {
    const words = new RecognizedSegments().update(0, { text: 'x'.repeat(10), final: true }, 1300);
    expect(words).toMatchObject({ startMs: 350, endMs: 1000, final: true });
  });

  it('begin neither before zero nor before the previous phrase ended', () => {
    const segments = new RecognizedSegments();
    expect(segments.update(0, { text: 'a', final: true }, 100)).toMatchObject({ startMs: 0, endMs: 0 });
    expect(segments.update(1, { text: 'b'.repeat(99), final: true }, 900)).toMatchObject({ startMs: 0, endMs: 600 });
    expect(segments.update(2, { text: 'c', final: false }, 850)).toMatchObject({ startMs: 600 });
  });

  it('keep ids unique when recognition restarts', () => {
    const segments = new RecognizedSegments();
    segments.update(0, { text: 'a', final: true }, 1000);
    segments.update(1, { text: 'b', final: true }, 2000);
    segments.restart();
    expect(segments.update(0, { text: 'c', final: true }, 3000)?.segmentId).toBe('2');
    segments.restart();
    segments.restart();
    expect(segments.update(0, { text: 'd', final: true }, 4000)?.segmentId).toBe('3');
  });

  it('are nothing when there are none', () => {
    expect(new RecognizedSegments().update(0, { text: ' ', final: true }, 1000)).toBeNull();
  });
});
