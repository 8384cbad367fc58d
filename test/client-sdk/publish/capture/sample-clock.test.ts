import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleClock } from '../../../../client-sdk/publish/capture/sample-clock.ts';

const PACKET = 640;
const RATE_HZ = 16_000;

describe('media time of captured audio', () => {
  it('is that of the first sample, not of the delivery', () => {
    expect(new SampleClock(RATE_HZ).mediaTimeMs(0, PACKET, 40)).toBe(0);
  });

  it('runs evenly however late single packets are delivered', () => {
    const lateness = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(lateness, (latenessMs) => {
        const clock = new SampleClock(RATE_HZ);
        clock.mediaTimeMs(0, PACKET, 1000);
        latenessMs.forEach((lateMs, index) => {
          const packet = index + 1;
          // Every tenth packet is on time, so that the clock can know.
          const arrivalMs = 1000 + packet * 40 + (packet % 10 === 0 ? 0 : lateMs);
          expect(clock.mediaTimeMs(packet * PACKET, PACKET, arrivalMs)).toBeCloseTo(960 + packet * 40, 6);
        });
      }),
    );
  });

  it('follows when capture pauses', () => {
    const clock = new SampleClock(RATE_HZ);
    clock.mediaTimeMs(0, PACKET, 40);
    let last = 0;
    for (let packet = 1; packet <= 60; packet += 1)
      last = clock.mediaTimeMs(packet * PACKET, PACKET, 5040 + packet * 40);
    expect(last).toBe(5000 + 60 * 40);
  });

  it('takes back the lateness of the first packet', () => {
    const clock = new SampleClock(RATE_HZ);
    expect(clock.mediaTimeMs(0, PACKET, 540)).toBe(500);
    expect(clock.mediaTimeMs(PACKET, PACKET, 80)).toBe(40);
  });

  it('is never before the zero', () => {
    expect(new SampleClock(RATE_HZ).mediaTimeMs(0, PACKET, 10)).toBe(0);
  });
});
