import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginServer } from '../../client-sdk/examples/meeting-plugin/plugin-server.ts';
import { hasChromium, openPage, screenshot } from '../support/dashboard/browser-page.ts';
import { sharedBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';

describe.skipIf(!hasChromium)('the meeting plugin', () => {
  let server: RealServer;
  let pages: Server;
  let pageUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    // The page's policy names the server, and the server's list the page: one must know the other's port before.
    const port = await freePort();
    pageUrl = `http://127.0.0.1:${port}`;
    server = await startRealServer({ config: { allowedOrigins: [pageUrl] } });
    pages = await createPluginServer(server.url);
    pages.listen(port, '127.0.0.1');
    await once(pages, 'listening');
    browser = await sharedBrowserWithDevices();
  });
  afterAll(async () => {
    await server?.close();
    pages?.close();
  });

  it.each([
    ['webrtc', 'device'],
    ['websocket', 'server'],
  ] as const)(
    'publishes a camera by %s, its face found on the %s, and shows what is expressed',
    async (transport, face) => {
      const { page, problems } = await openPage(browser, `${pageUrl}/?server=${server.url}`);
      await page.selectOption('#transport', transport);
      await page.selectOption('#face', face);
      await page.click('#start');
      await expect.poll(() => page.textContent('#message')).toMatch(/Publishing audio and video/);
      const part = (name: string) => page.locator(`#meter [part="${name}"]`);
      await expect.poll(() => part('modality modality-video').textContent()).toBe('Face ok');
      expect(await part('modality modality-audio').textContent()).toBe('Voice ok');
      expect(await part('confidence').textContent()).toMatch(/^(\d+ % sure|perhaps \w+, \d+ %)$/);
      await screenshot(page, `meeting-plugin-${face}`);
      await page.click('#stop');
      await expect.poll(() => page.textContent('#message')).toBe('The session has ended.');
      await expect.poll(() => part('status').textContent()).toBe('Ended');
      expect(
        problems.filter((problem) => !/gl_context|inference_feedback|TensorFlow Lite|GL Driver/.test(problem)),
      ).toEqual([]);
      await page.context().close();
    },
  );

  it('publishes a recording', async () => {
    const { page } = await openPage(browser, `${pageUrl}/?server=${server.url}`);
    await page.selectOption('#source', 'file');
    await page.setInputFiles(
      '#file',
      fileURLToPath(new URL('../../server/sample-call/sample-call.webm', import.meta.url)),
    );
    await page.click('#start');
    await expect.poll(() => page.textContent('#message')).toMatch(/Publishing audio/);
    await expect
      .poll(() => page.locator('#meter [part="modality modality-audio"]').textContent())
      .toMatch(/^Voice (ok|noisy)$/);
    await page.click('#stop');
    await expect.poll(() => page.textContent('#message')).toBe('The session has ended.');
    await page.context().close();
  });

  it('says what is missing when there is no recording to play', async () => {
    const { page } = await openPage(browser, `${pageUrl}/?server=${server.url}`);
    await page.selectOption('#source', 'file');
    await page.click('#start');
    await expect.poll(() => page.textContent('#message')).toBe('Choose a recording first.');
    expect(await page.isEnabled('#start')).toBe(true);
    await page.context().close();
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
