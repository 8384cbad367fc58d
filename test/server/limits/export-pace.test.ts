import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ExportPace } from '../../../server/limits/export-pace.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const kept: unknown[] = [];
  const pace = { isFree: true, chargedMs: 0 };
  const exports = new ExportPace({
    clock,
    connectionGuard: { keepOpen: (socket) => kept.push(socket) },
    pace: {
      isFree: () => pace.isFree,
      charge: (_request: unknown, ms: number) => {
        pace.chargedMs += ms;
      },
    } as never,
  });
  return { clock, kept, pace, exports };
}

/** A connection that notes its time limit, and whether it was cut. */
function connect() {
  const socket = { timeoutMs: 0, onTimeout: () => {}, isCut: false };
  const peer = {
    setTimeout(ms: number, onTimeout = () => {}) {
      Object.assign(socket, { timeoutMs: ms, onTimeout });
    },
    destroy() {
      socket.isCut = true;
    },
  };
  return { socket, request: { socket: peer } as unknown as IncomingMessage, response: new EventEmitter() };
}

describe('exports', () => {
  it('are a few at once, and the end of one makes room', () => {
    const { exports, kept } = setUp();
    const peers = Array.from({ length: 5 }, connect);
    const admit = (index: number) => exports.admit(peers[index]!.request, peers[index]!.response);
    expect([0, 1, 2, 3, 4].map(admit)).toEqual([true, true, true, true, false]);
    expect(kept).toHaveLength(4);
    peers[2]!.response.emit('close');
    expect(admit(4)).toBe(true);
  });

  it('end when their client takes nothing for a minute, and leave no limit behind', () => {
    const { exports } = setUp();
    const { socket, request, response } = connect();
    exports.admit(request, response);
    expect(socket.timeoutMs).toBe(60_000);
    socket.onTimeout();
    expect(socket.isCut).toBe(true);
    response.emit('close');
    expect(socket.timeoutMs).toBe(0);
  });

  it('wait while their address has used its share of the thread', async () => {
    const { exports, pace, clock } = setUp();
    const parts = (async function* () {
      yield Buffer.alloc(100_000);
      yield Buffer.alloc(50_000);
    })();
    const slowed = exports.slow(parts, connect().request);
    expect((await slowed.next()).value).toHaveLength(100_000);
    pace.isFree = false;
    let isThere = false;
    const second = slowed.next().then(({ value }) => {
      isThere = true;
      return value;
    });
    for (let step = 0; step < 3; step += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(50);
    }
    expect(isThere).toBe(false);
    pace.isFree = true;
    clock.advance(50);
    expect(await second).toHaveLength(50_000);
    expect(pace.chargedMs).toBeCloseTo(9, 6);
  });
});
