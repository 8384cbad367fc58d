import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import type { Analyze } from '../../../../server/sessions/session.ts';
import { Publisher } from '../../../support/server/peers.ts';
import { scriptedAnalyze } from '../../../support/server/scripted-analyze.ts';
import { startTestServer, type TestServer } from '../../../support/server/test-server.ts';

let server: TestServer;
afterEach(() => server.close());

const PACKETS = 400;
/** A second of sound each: 32 KB on the wire, 64 KB in memory. */
const SECOND = new Uint8Array(32_000);

describe('a publisher that is minutes ahead of the clock', () => {
  it('is not read while its analysis has enough to do, and loses nothing by it', async () => {
    const frames: MediaFrame[] = [];
    let tellBacklog = (_ms: number) => {};
    const analyze: Analyze = (analysis) => {
      tellBacklog = analysis.onBacklog;
      return scriptedAnalyze({ onFrame: (frame) => frames.push(frame) })(analysis);
    };
    server = await startTestServer({
      analyze,
      config: { maxLeadMs: 600_000, idleTimeoutMs: 2000, maxMessagesPerSecond: 300 },
    });
    const publisher = await new Publisher(server.socketUrl).start('call');
    tellBacklog(6000);
    for (let second = 1; second <= PACKETS; second += 1) publisher.sendAudio(second * 1000, SECOND);
    const session = server.sessions.get('call')!;
    await expect.poll(() => session.isFull).toBe(true);
    // Longer than an idle publisher may stay. What the socket had read is still taken, a few packets.
    await sleep(3000);
    expect(session.newestFrameMs).toBeLessThan(100_000);
    expect(publisher.socket.readyState).toBe(publisher.socket.OPEN);
    tellBacklog(0);
    await expect.poll(() => session.newestFrameMs).toBe(PACKETS * 1000);
    await expect.poll(() => session.isFull).toBe(false);
    publisher.send({ type: 'session.end' });
    expect(await publisher.closed).toEqual({ code: 1000, reason: '' });
    expect(await session.finished).toBe('completed');
    const times = frames.flatMap((frame) => (frame.kind === 'audio' ? [frame.startMs] : []));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // Each second is analysed in two pieces.
    expect(times).toHaveLength(2 * PACKETS);
  });
});
