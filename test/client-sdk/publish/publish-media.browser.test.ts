import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Sdk from '../../../client-sdk/index.ts';
import { type PublishServer, startPublishServer } from '../../support/client-sdk/publish-server.ts';
import { hasChromium, openContext, sharedBrowser } from '../../support/dashboard/browser-page.ts';

const SDK_ENTRY = fileURLToPath(new URL('../../../client-sdk/index.ts', import.meta.url));

describe('the SDK', () => {
  it('bundles for a browser without anything of Node, in under 42 kB until faces are asked for', async () => {
    const { metafile, warnings } = await build({
      entryPoints: [SDK_ENTRY],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      external: ['@mediapipe/tasks-vision'],
      splitting: true,
      outdir: 'out',
      metafile: true,
      write: false,
    });
    expect(warnings).toEqual([]);
    const { outputs } = metafile;
    const loadedAtOnce = (file: string): string[] => [
      file,
      ...outputs[file]!.imports.filter(({ kind }) => kind === 'import-statement').flatMap(({ path }) =>
        loadedAtOnce(path),
      ),
    ];
    const files = new Set(loadedAtOnce('out/index.js'));
    const bytes = [...files].reduce((sum, file) => sum + outputs[file]!.bytes, 0);
    expect(bytes).toBeLessThan(42_000);
  });
});

const PAGE = `<!doctype html><title>Publisher</title><link rel="icon" href="data:,">
<script type="module">import * as sdk from '/sdk.js'; globalThis.sdk = sdk;</script>`;

async function bundleSdk(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [SDK_ENTRY],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    external: ['@mediapipe/tasks-vision'],
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

describe.skipIf(!hasChromium)('publishing from a browser', () => {
  let browser: Browser;
  let server: PublishServer;

  beforeAll(async () => {
    const pages = {
      '/': { type: 'text/html', body: PAGE },
      '/sdk.js': { type: 'text/javascript', body: await bundleSdk() },
    };
    server = await startPublishServer({ pages });
    browser = await sharedBrowser('fake');
  });

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  it('delivers even 16 kHz audio and small JPEG pictures on one clock', async () => {
    const { context, page } = await openContext(browser);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(server.url);
    await page.evaluate(async (url) => {
      const { publishMedia } = (globalThis as unknown as { sdk: typeof Sdk }).sdk;
      const constraints = { audio: { autoGainControl: false }, video: { width: 640, height: 480 } };
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      const media = await publishMedia(stream, { url, sessionId: 'from-browser', participant: { id: 'me' } });
      Object.assign(globalThis, { media });
    }, server.url);
    await expect.poll(() => server.packets(0).length).toBeGreaterThan(60);
    await expect.poll(() => server.packets(1).length).toBeGreaterThanOrEqual(8);
    const lastMs = (track: number) => server.packets(track).at(-1)!.mediaTimeMs;
    await expect.poll(() => Math.abs(lastMs(0) - lastMs(1))).toBeLessThan(600);
    const published = await page.evaluate(async () => {
      const { media } = globalThis as unknown as { media: Sdk.PublishedMedia };
      await media.stop();
      await media.closed;
      return { sessionId: media.sessionId, kinds: media.kinds, dropped: media.dropped };
    });

    expect(errors).toEqual([]);
    expect(published).toEqual({
      sessionId: 'from-browser',
      kinds: ['audio', 'video'],
      dropped: { audioPackets: 0, videoPackets: 0 },
    });
    expect(server.messages('track.add').map(({ media }) => media)).toEqual([
      { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 16_000 },
      { kind: 'video', encoding: 'jpeg' },
    ]);

    const audio = server.packets(0);
    expect(audio.every(({ payload }) => payload.byteLength === 1280)).toBe(true);
    const gapsMs = audio.slice(1).map(({ mediaTimeMs }, index) => mediaTimeMs - (audio[index]?.mediaTimeMs ?? 0));
    expect(gapsMs.filter((gapMs) => Math.abs(gapMs - 40) < 0.01).length / gapsMs.length).toBeGreaterThan(0.9);
    expect(audio.some(({ payload }) => payload.some((byte) => byte !== 0))).toBe(true);

    const images = server.packets(1);
    const seenMs = images.at(-1)!.mediaTimeMs - images[0]!.mediaTimeMs;
    expect(images.length).toBeLessThanOrEqual((seenMs * 6) / 1000 + 2);
    for (const { payload } of images) expect([...payload.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect(server.messages('session.end')).toHaveLength(1);
    await context.close();
  });

  it('stops when the connection breaks, and says when there are no words to be had', async () => {
    const { context, page } = await openContext(browser);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(server.url);
    const breakConnections = async () => {
      while (server.sockets().length === 0) await delay(20);
      await delay(500);
      for (const socket of server.sockets()) socket.terminate();
    };
    const [result] = await Promise.all([
      page.evaluate(async (url) => {
        const { publishMedia } = (globalThis as unknown as { sdk: typeof Sdk }).sdk;
        const reasons: string[] = [];
        Object.assign(globalThis, { SpeechRecognition: undefined, webkitSpeechRecognition: undefined });
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        const media = await publishMedia(stream, {
          url,
          participant: { id: 'me' },
          speechLanguage: 'en',
          onSpeechUnavailable: (reason) => reasons.push(reason),
        });
        const code = await media.closed.then(
          () => 'none',
          (error) => error.code,
        );
        await new Promise((resolve) => setTimeout(resolve, 200));
        return { code, kinds: media.kinds, reasons };
      }, server.url),
      breakConnections(),
    ]);
    expect(result).toEqual({ code: 'connection-lost', kinds: ['audio'], reasons: ['unsupported'] });
    expect(errors).toEqual([]);
    await context.close();
  });
});
