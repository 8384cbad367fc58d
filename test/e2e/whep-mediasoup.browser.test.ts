import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mediasoup } from '../../server/ingest/webrtc/mediasoup/mediasoup-types.ts';
import { hasChromium, sharedBrowser } from '../support/dashboard/browser-page.ts';
import { startTestServer, type TestServer } from '../support/server/test-server.ts';
import { listenByWhep } from '../support/webrtc/browser-listener.ts';
import { canSend, openBlankPage, publishFromPage } from '../support/webrtc/browser-publisher.ts';
import { type Encoded, portraitFilm, sampleOpusPackets } from '../support/webrtc/encoded-media.ts';
import { findMediasoup } from '../support/webrtc/find-mediasoup.ts';
import { LISTENER_PAYLOAD_TYPE, RtpListener } from '../support/webrtc/rtp-listener.ts';
import { RtpPublisher } from '../support/webrtc/rtp-publisher.ts';

const found = findMediasoup();
if ('missing' in found) console.warn(`SKIPPED: listening in through mediasoup, because ${found.missing}`);

/** The customer's first turn begins at 800 ms. */
const UNTIL_MS = 6000;

describe.skipIf('missing' in found)('listening in on a publisher through mediasoup', () => {
  let server: TestServer;
  let browser: Browser | null = null;
  let voice: Encoded[];

  beforeAll(async () => {
    const { mediasoup } = found as { mediasoup: Mediasoup };
    server = await startTestServer({ config: { webrtc: 'mediasoup' }, mediasoup });
    if (hasChromium) browser = await sharedBrowser('fake');
    voice = (await sampleOpusPackets(UNTIL_MS)).customer;
  });
  afterAll(async () => {
    await server?.close();
  });

  const whip = (session: string) => `${server.url}/v1/whip?session=${session}&participant=ann`;
  const whep = (session: string) => `${server.url}/v1/whep?session=${session}&participant=ann`;
  const metric = async (name: string) =>
    Number(new RegExp(`^undertone_${name} (\\S+)`, 'm').exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);

  it('gives each listener the very packets of the voice, numbered as its own offer has them', async () => {
    const publisher = await new RtpPublisher({ url: whip('packets'), voice, film: null }).connect();
    const listeners = await Promise.all([1, 2].map(() => new RtpListener(whep('packets')).connect()));
    expect(await metric('webrtc_listeners_open')).toBe(2);
    const frames = server.sessions.get('packets')!;
    await publisher.play();
    const sent = voice.map(({ data }) => Buffer.from(data).toString('base64'));
    for (const { answer, received } of listeners) {
      expect(answer).toContain('a=sendonly');
      await expect.poll(() => received.length).toBe(voice.length);
      expect(new Set(received.map(({ header }) => header.payloadType))).toEqual(new Set([LISTENER_PAYLOAD_TYPE]));
      expect(received.map(({ payload }) => payload.toString('base64'))).toEqual(sent);
    }
    // The session hears its publisher as before.
    expect(frames.newestFrameMs).toBeGreaterThan(UNTIL_MS - 500);

    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': listeners[0]!.etag };
    const body = 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n';
    expect((await fetch(listeners[0]!.location, { method: 'PATCH', headers, body })).status).toBe(204);
    expect((await fetch(listeners[0]!.location, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(listeners[0]!.location, { method: 'DELETE' })).status).toBe(404);
    expect(await metric('webrtc_listeners_open')).toBe(1);
    // The other one leaves with the publisher.
    expect(await publisher.leave()).toBe(200);
    await expect.poll(() => metric('webrtc_listeners_open')).toBe(0);
    // It may still say so, once.
    expect((await fetch(listeners[1]!.location, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(listeners[1]!.location, { method: 'DELETE' })).status).toBe(404);
    for (const { pc } of listeners) await pc.close();
  });

  it.skipIf(!hasChromium)('lets a browser hear and see', async () => {
    const film = await portraitFilm(UNTIL_MS / 1000);
    const publisher = await new RtpPublisher({ url: whip('seen'), voice, film }).connect();
    const { context, page } = await openBlankPage(browser!, server.url);
    const listener = await listenByWhep(page, { url: whep('seen'), kinds: ['audio', 'video'] });
    await expect.poll(async () => (await listener.received()).state).toBe('connected');
    expect((await listener.received()).loudness).toBe(0);
    await publisher.play();
    await expect.poll(async () => (await listener.received()).loudness).toBeGreaterThan(0.01);
    const { framesDecoded, videoCodec } = await listener.received();
    expect(videoCodec).toBe('video/VP8');
    expect(framesDecoded).toBeGreaterThan(20);
    await context.close();
    expect(await publisher.leave()).toBe(200);
    await expect.poll(() => metric('webrtc_listeners_open')).toBe(0);
  });

  it.skipIf(!hasChromium)('lets a browser see another one in H.264', async () => {
    const publishing = await openBlankPage(browser!, server.url);
    if (!(await canSend(publishing.page, 'video/H264'))) {
      return console.warn('SKIPPED: this Chromium cannot encode H.264');
    }
    const published = await publishFromPage(publishing.page, { url: whip('h264'), video: 'video/H264' });
    const { context, page } = await openBlankPage(browser!, server.url);
    const listener = await listenByWhep(page, { url: whep('h264'), kinds: ['audio', 'video'] });
    await expect.poll(async () => (await listener.received()).framesDecoded).toBeGreaterThan(10);
    expect((await listener.received()).videoCodec).toBe('video/H264');
    expect(await published.leave()).toBe(200);
    await publishing.context.close();
    await context.close();
  });
});
