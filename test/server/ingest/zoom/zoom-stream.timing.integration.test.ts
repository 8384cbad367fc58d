import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meetingIdOf } from '../../../../server/ingest/zoom/zoom-webhook.ts';
import { ZOOM_CONFIG, ZoomRtmsPeer } from '../../../support/meetings/zoom-rtms-peer.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { startTestServer, type TestServer } from '../../../support/server/test-server.ts';

const ANN = { id: 16778240, name: 'Ann Example' };
const SILENCE = new Uint8Array(3200);

let server: TestServer;
let zoom: ZoomRtmsPeer;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  // Webhooks are as old as the clock says.
  clock.advance(Date.now());
  zoom = await ZoomRtmsPeer.open();
  server = await startTestServer({
    clock,
    config: {
      ...ZOOM_CONFIG,
      zoomServers: [zoom.origin],
      reconnectGraceMs: 0,
    },
  });
  await zoom.start(server.url);
});
afterEach(async () => {
  await Promise.all([server.close(), passTime(() => false, 2000, 100)]);
  await zoom.close();
});

const session = () => server.sessions.get(`zoom-${meetingIdOf(zoom.meetingUuid)}`)!;
const handshakes = (kind: 'signaling' | 'media') =>
  zoom.received[kind].filter(({ msg_type: type }) => type === (kind === 'media' ? 3 : 1)).length;

/** Lets the clock run in steps, the network in between, until something is so; gives the clock's time that it took, in ms. */
async function passTime(isSo: () => boolean, mostMs: number, stepMs = 1000): Promise<number> {
  const beganMs = clock.now();
  while (!isSo() && clock.now() - beganMs < mostMs) {
    clock.advance(stepMs);
    await sleep(10);
  }
  return clock.now() - beganMs;
}

describe('an RTMS connection', () => {
  it('on which nothing comes for 65 s is dead, and is made again in the same session', async () => {
    const tookMs = await passTime(() => handshakes('media') + handshakes('signaling') > 2, 90_000);
    expect(tookMs).toBeGreaterThanOrEqual(65_000);
    await passTime(() => zoom.isStreaming, 20_000);
    expect(zoom.isStreaming).toBe(true);
    zoom.sendAudio(ANN, Date.UTC(2026, 0, 1, 10), SILENCE);
    await expect.poll(() => session().summary().participants.length).toBe(1);
    expect(session().state).toBe('live');
  });

  it('that Zoom asks for in time is left alone', async () => {
    for (let asked = 0; asked < 12; asked += 1) {
      zoom.sendSignaling({ msg_type: 12, timestamp: asked });
      zoom.sendMedia({ msg_type: 12, timestamp: asked });
      await passTime(() => false, 10_000, 2500);
    }
    expect([handshakes('signaling'), handshakes('media')]).toEqual([1, 1]);
  });

  it('is tried for a minute, ever more seldom, when the server is gone; then the stream is over', async () => {
    await zoom.close();
    const tookMs = await passTime(() => session().state !== 'live', 120_000, 500);
    expect(tookMs).toBeGreaterThan(60_000);
    expect(tookMs).toBeLessThanOrEqual(60_000 + 10_000 + 1000);
    expect(await session().finished).toBe('disconnected');
    expect(server.logLines.filter((line) => line.includes('could not be connected to again'))).toHaveLength(1);
  });
});
