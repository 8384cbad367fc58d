import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Sdk from '../../client-sdk/index.ts';
import { createEmotionClient, type EmotionEvent } from '../../client-sdk/index.ts';
import { CLOSE_CODES } from '../../client-sdk/protocol/index.ts';
import { bundleForPage, serveMediaPipe, watchErrors } from '../support/client-sdk/device-faces.ts';
import { hasChromium, openContext } from '../support/dashboard/browser-page.ts';
import { isEmotion, streamProblems } from '../support/e2e/events.ts';
import { sharedBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';

const TOKEN = 'a-secret-of-some-length';

type PageWorld = { sdk: typeof Sdk; media: Sdk.PublishedMedia; sent: { bytes: number; packets: number } };

describe.skipIf(!hasChromium)('faces found on the device', () => {
  let server: RealServer;
  let browser: Browser;
  let sdk: string;

  beforeAll(async () => {
    server = await startRealServer({ config: { token: TOKEN } });
    browser = await sharedBrowserWithDevices();
    sdk = await bundleForPage(`export * from './index.ts';`);
  });
  afterAll(async () => {
    await server?.close();
  });

  async function openPublisher(options: { model?: boolean } = {}) {
    const { context, page } = await openContext(browser, { bypassCSP: true });
    const strangers = await serveMediaPipe(context, options);
    const errors = watchErrors(page);
    await page.goto(`${server.url}/healthz`);
    await page.addScriptTag({ content: sdk });
    return { context, page, strangers, errors };
  }

  function publish(page: Page, sessionId: string, transport: 'webrtc' | 'websocket') {
    return page.evaluate(
      async ([url, token, id, by]) => {
        const world = globalThis as unknown as PageWorld;
        world.sent = { bytes: 0, packets: 0 };
        const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
          if (data instanceof Uint8Array && data[1] === 2) {
            world.sent.bytes += data.byteLength;
            world.sent.packets += 1;
          }
          send.call(this, data);
        };
        const stream = await navigator.mediaDevices.getUserMedia({
          audio: { autoGainControl: false, echoCancellation: false, noiseSuppression: false },
          video: { width: 640, height: 480 },
        });
        world.media = await world.sdk.publishMedia(stream, {
          url: url!,
          token: token!,
          sessionId: id!,
          participant: { id: 'me', role: 'customer' },
          transport: by as 'webrtc' | 'websocket',
          face: 'device',
        });
        return world.media.kinds;
      },
      [server.url, TOKEN, sessionId, transport],
    );
  }

  it.each(['websocket', 'webrtc'] as const)(
    'are heard and seen with %s, and nothing but crops of faces goes to the server',
    async (transport) => {
      const { context, page, strangers, errors } = await openPublisher();
      expect(await publish(page, `by-${transport}`, transport)).toEqual(['audio', 'video']);
      const session = server.sessions.get(`by-${transport}`)!;
      expect(session.summary().participants).toEqual([{ id: 'me', role: 'customer', displayName: null }]);
      const client = createEmotionClient({ url: server.url, token: TOKEN });
      const events: EmotionEvent[] = [];
      let sent = { bytes: 0, packets: 0 };
      for await (const event of client.events(session.id)) {
        events.push(event);
        if (!isEmotion(event) || sent.packets > 0) continue;
        sent = await page.evaluate(async () => {
          const world = globalThis as unknown as PageWorld;
          await world.media.stop();
          await world.media.closed;
          return world.sent;
        });
      }
      expect(await session.finished).toBe('completed');
      expect(streamProblems(events)).toEqual([]);
      const [turn] = events.filter(isEmotion);
      expect(turn?.modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
      expect(turn?.modalities.video.contribution).toBeGreaterThan(0);
      // How many the device finds in the turn depends on how busy it is.
      expect(sent.packets).toBeGreaterThan(1);
      expect(sent.bytes / sent.packets).toBeLessThan(3000);
      expect([strangers, errors]).toEqual([[], []]);
      await context.close();
    },
  );

  it('come back into the voice’s session when their own connection is lost', async () => {
    const { context, page, errors } = await openPublisher();
    const links: WebSocketRoute[] = [];
    await context.routeWebSocket(/\/v1\/publish/, (link) => {
      links.push(link);
      link.connectToServer();
    });
    await page.goto(`${server.url}/healthz`);
    await page.addScriptTag({ content: sdk });
    await publish(page, 'cut', 'webrtc');
    const sent = () => page.evaluate(() => (globalThis as unknown as PageWorld).sent.packets);
    await expect.poll(sent).toBeGreaterThan(2);
    await links[0]!.close({ code: CLOSE_CODES.internal.code, reason: 'internal' });
    await expect.poll(() => links.length).toBe(2);
    const before = await sent();
    await expect.poll(sent).toBeGreaterThan(before + 2);
    const session = server.sessions.get('cut')!;
    expect(session.ending).toBe(false);
    await page.evaluate(() => (globalThis as unknown as PageWorld).media.stop());
    expect(await session.finished).toBe('completed');
    expect(errors).toEqual([]);
    await context.close();
  });

  it('refuse with what is missing when the model is not there, and open no session', async () => {
    const { context, page } = await openPublisher({ model: false });
    const idsOf = async () =>
      (await createEmotionClient({ url: server.url, token: TOKEN }).listSessions()).map(({ sessionId }) => sessionId);
    const before = await idsOf();
    const error = await publish(page, 'never', 'websocket').catch((reason: unknown) => String(reason));
    expect(error).toMatch(/blaze_face_short_range\.tflite answers with 404; deviceFaces\.modelFile must name/);
    expect(await idsOf()).toEqual(before);
    await context.close();
  });
});
