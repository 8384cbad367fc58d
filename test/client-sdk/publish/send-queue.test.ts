import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendQueue } from '../../../client-sdk/publish/send-queue.ts';

function drain(queue: SendQueue): unknown[] {
  const out: unknown[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) out.push(next);
  return out;
}

describe('what waits for a slow connection', () => {
  it('leaves in the order it came', () => {
    const queue = new SendQueue(100);
    queue.push('control', 'a');
    queue.push('video', Uint8Array.of(1));
    queue.push('audio', Uint8Array.of(2));
    expect(drain(queue)).toEqual(['a', Uint8Array.of(1), Uint8Array.of(2)]);
    expect(queue.isEmpty).toBe(true);
  });

  it('gives up the oldest pictures first, then the oldest audio', () => {
    const queue = new SendQueue(4);
    for (const [kind, value] of [
      ['audio', 1],
      ['video', 2],
      ['video', 3],
      ['audio', 4],
      ['audio', 5],
    ] as const) {
      queue.push(kind, Uint8Array.of(value));
    }
    expect([queue.droppedVideoPackets, queue.droppedAudioPackets]).toEqual([1, 0]);
    queue.push('control', 'xx');
    expect([queue.droppedVideoPackets, queue.droppedAudioPackets]).toEqual([2, 1]);
    expect(drain(queue)).toEqual([Uint8Array.of(4), Uint8Array.of(5), 'xx']);
  });

  it('gives up a packet that is too large by itself', () => {
    const queue = new SendQueue(4);
    expect(queue.push('video', new Uint8Array(5))).toBe(true);
    expect(queue.isEmpty).toBe(true);
    expect(queue.droppedVideoPackets).toBe(1);
  });

  it('says when control messages alone no longer fit, and keeps them', () => {
    const queue = new SendQueue(4);
    queue.push('audio', Uint8Array.of(1));
    expect(queue.push('control', 'abcd')).toBe(true);
    expect(queue.push('control', 'e')).toBe(false);
    expect(drain(queue)).toEqual(['abcd', 'e']);
  });

  it('stays within its bound, drops nothing needlessly and counts every drop', () => {
    const pushes = fc.array(
      fc.tuple(fc.constantFrom('audio' as const, 'video' as const), fc.integer({ min: 1, max: 9 })),
    );
    fc.assert(
      fc.property(pushes, (items) => {
        const queue = new SendQueue(20);
        for (const [kind, length] of items) queue.push(kind, new Uint8Array(length));
        const dropped = queue.droppedAudioPackets + queue.droppedVideoPackets;
        const left = drain(queue) as Uint8Array[];
        expect(left.reduce((bytes, packet) => bytes + packet.length, 0)).toBeLessThanOrEqual(20);
        expect(left.length + dropped).toBe(items.length);
        if (items.reduce((bytes, [, length]) => bytes + length, 0) <= 20) expect(dropped).toBe(0);
      }),
    );
  });
});
