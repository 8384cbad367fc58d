import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudioChunk, MediaFrame, VideoImage } from '../../pipeline/index.ts';
import { startTestServer, type TestServer } from '../support/server/test-server.ts';
import { findWhipPrograms } from '../support/webrtc/find-whip-programs.ts';

const TOKEN = 'a-secret-of-some-length-0123456789';
const SECONDS = 4;
/** Length of an Opus packet, in ms. The first one of a stream may be shorter: its decoder starts with it. */
const PACKET_MS = 20;

/** GStreamer offers no address on loopback, so the server listens on another one. */
const host = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

describe.each(findWhipPrograms())('$name', ({ name, python, script, isInstalled }) => {
  const missing = isInstalled ? (host === undefined ? 'this machine has no network' : null) : 'it is not installed';
  if (missing !== null) console.warn(`SKIPPED: ${name} that publishes by WHIP, because ${missing}`);
  const frames: MediaFrame[] = [];
  let server: TestServer;

  beforeAll(async () => {
    if (missing !== null) return;
    server = await startTestServer({
      config: { host: host!, token: TOKEN },
      script: { onFrame: (frame) => frames.push(frame) },
    });
  });
  afterAll(() => server?.close());

  it.skipIf(missing !== null)('publishes a tone and a picture by WHIP, and nothing of it is lost', async () => {
    const url = `${server.url}/v1/whip?session=call&participant=ann&role=customer`;
    await promisify(execFile)(python, [script, url, TOKEN, String(SECONDS)]);
    expect(await server.sessions.get('call')!.finished).toBe('completed');

    const sound = frames.filter((frame): frame is AudioChunk => frame.kind === 'audio');
    const lengthMs = ({ samples, sampleRateHz }: AudioChunk) => (samples.length * 1000) / sampleRateHz;
    const gapsMs = sound.slice(1).map(({ startMs }, at) => startMs - sound[at]!.startMs - lengthMs(sound[at]!));
    for (const gapMs of gapsMs) expect(Math.abs(gapMs)).toBeLessThan(PACKET_MS / 2);
    const totalMs = sound.reduce((sum, chunk) => sum + lengthMs(chunk), 0);
    expect(totalMs).toBeGreaterThan(SECONDS * 1000 - 500);
    const middle = sound[Math.floor(sound.length / 2)]!.samples;
    expect(Math.max(...middle)).toBeGreaterThan(0.05);

    const pictures = frames.filter((frame): frame is VideoImage => frame.kind === 'video');
    expect(pictures.length).toBeGreaterThan(SECONDS);
    expect(pictures[0]!.image).toMatchObject({ widthPx: 320, heightPx: 240 });
    // A busy machine encodes the last ones late.
    expect(pictures.at(-1)!.startMs).toBeGreaterThan((SECONDS * 1000) / 2);
  });
});
