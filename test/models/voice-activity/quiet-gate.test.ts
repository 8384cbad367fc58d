import { describe, expect, it } from 'vitest';
import { QuietGate, SCORE_DELAY_FRAMES } from '../../../models/voice-activity/quiet-gate.ts';

const FRAME = 512;
const VOICE_LEVEL = 0.1;

/** White noise of this level, another each time. */
function noiseSource(): (level: number) => Float32Array {
  let seed = 1;
  return (level) =>
    Float32Array.from({ length: FRAME + 64 }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed / 2 ** 31 - 1) * level;
    });
}

/** A gate on a line. `hear` gives it frames of one level, which the model would score so, and tells how many it skipped. */
function setUp() {
  const gate = new QuietGate();
  const noise = noiseSource();
  const hear = (level: number, score: number, count: number): number => {
    let skipped = 0;
    for (let frame = 0; frame < count; frame += 1) {
      const isSkipped = gate.skips(noise(level), FRAME);
      gate.scored(isSkipped ? 0 : score);
      if (isSkipped) skipped += 1;
    }
    return skipped;
  };
  return { gate, hear };
}

describe('QuietGate', () => {
  it('skips digital silence from the start', () => {
    const { hear } = setUp();
    expect(hear(0, 0.01, 50)).toBe(50);
  });

  it('skips nothing but digital silence before it knows the voice of the line', () => {
    const { hear } = setUp();
    expect(hear(0.001, 0.01, 200)).toBe(0);
  });

  it("skips the line's noise once it has heard noise and voice, and no frame of the voice", () => {
    const { hear } = setUp();
    hear(0.001, 0.01, 50);
    expect(hear(VOICE_LEVEL, 0.9, 50)).toBe(0);
    expect(hear(0.001, 0.01, 100)).toBe(100 - SCORE_DELAY_FRAMES);
    expect(hear(VOICE_LEVEL, 0.9, 1)).toBe(0);
  });

  it('skips again after a loud frame only when eight quiet ones have followed it', () => {
    const { hear } = setUp();
    hear(0.001, 0.01, 50);
    hear(VOICE_LEVEL, 0.9, 50);
    hear(0.001, 0.01, 50);
    hear(VOICE_LEVEL, 0.01, 1);
    expect(hear(0.001, 0.01, SCORE_DELAY_FRAMES)).toBe(0);
    expect(hear(0.001, 0.01, 10)).toBe(10);
  });

  it('skips no frame while the model still hears a voice, however quiet it is', () => {
    const { hear } = setUp();
    hear(VOICE_LEVEL, 0.9, 50);
    expect(hear(0, 0.4, 20)).toBe(0);
  });

  it('skips nothing where the noise is nearly as loud as the voice', () => {
    const { hear } = setUp();
    hear(0.05, 0.01, 50);
    hear(VOICE_LEVEL, 0.9, 50);
    expect(hear(0.05, 0.01, 200)).toBe(0);
  });

  it('follows the noise down, and up only once the model has heard no voice in it', () => {
    const { hear } = setUp();
    hear(0.004, 0.01, 50);
    hear(VOICE_LEVEL, 0.9, 50);
    hear(0.004, 0.01, 50);
    expect(hear(0.001, 0.01, 300)).toBe(300);
    expect(hear(0.008, 0.3, 100)).toBe(0);
    hear(0.008, 0.01, 150);
    expect(hear(0.008, 0.01, 50)).toBe(50);
  });

  it('lets a frame through whose high sounds are louder than those of the noise, at the same level', () => {
    const { gate, hear } = setUp();
    const rumble = () => Float32Array.from({ length: FRAME + 64 }, (_, i) => 0.01 * Math.sin(i * 0.01));
    const hiss = Float32Array.from({ length: FRAME + 64 }, (_, i) => 0.005 * Math.sin(i * 2));
    const hearRumble = (count: number): boolean[] =>
      Array.from({ length: count }, () => {
        const isSkipped = gate.skips(rumble(), FRAME);
        gate.scored(isSkipped ? 0 : 0.01);
        return isSkipped;
      });
    hearRumble(50);
    hear(VOICE_LEVEL, 0.9, 50);
    expect(hearRumble(50).filter(Boolean)).toHaveLength(50 - SCORE_DELAY_FRAMES);
    expect(gate.skips(hiss, FRAME)).toBe(false);
  });

  it('takes a failed score as a reason to look again', () => {
    const { hear } = setUp();
    hear(0, 0.01, 20);
    hear(VOICE_LEVEL, Number.NaN, 1);
    expect(hear(0, Number.NaN, 20)).toBe(0);
  });
});
