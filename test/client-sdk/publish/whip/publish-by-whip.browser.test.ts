import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Sdk from '../../../../client-sdk/index.ts';
import { parseIceServers } from '../../../../client-sdk/publish/whip/ice-servers.ts';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import type { Mediasoup } from '../../../../server/ingest/webrtc/mediasoup/mediasoup-types.ts';
import { hasChromium, sharedBrowser } from '../../../support/dashboard/browser-page.ts';
import { startTestServer, type TestServer } from '../../../support/server/test-server.ts';
import { openBlankPage } from '../../../support/webrtc/browser-publisher.ts';
import { findMediasoup } from '../../../support/webrtc/find-mediasoup.ts';
import { openImpairedLink } from '../../../support/webrtc/impaired-link.ts';

const TOKEN = 'a-secret-of-some-length';
const found = findMediasoup();
if ('missing' in found) console.warn(`SKIPPED: the death of a mediasoup worker, because ${found.missing}`);

describe('the ICE servers of a Link header', () => {
  it('are read with their credentials, and nothing else is', () => {
    const links = [
      '<stun:s.example.com>; rel="ice-server"',
      '<turn:t.example.com:3478?transport=udp>; rel="ice-server"; username="1:a"; credential="x=="; credential-type="password"',
      '<https://example.com/>; rel="ice-server"',
      '<turn:other.example.com>; rel="next"',
    ];
    expect(parseIceServers(links.join(', '))).toEqual([
      { urls: 'stun:s.example.com' },
      { urls: 'turn:t.example.com:3478?transport=udp', username: '1:a', credential: 'x==' },
    ]);
    expect(parseIceServers(null)).toEqual([]);
  });
});

describe.skipIf(!hasChromium)('publishing by WebRTC with the SDK', () => {
  let browser: Browser;
  let server: TestServer;
  let sdk: string;
  const frames: MediaFrame[] = [];

  beforeAll(async () => {
    server = await startTestServer({ config: { token: TOKEN }, script: { onFrame: (frame) => frames.push(frame) } });
    const entry = fileURLToPath(new URL('../../../../client-sdk/index.ts', import.meta.url));
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      format: 'iife',
      globalName: 'sdk',
      external: ['@mediapipe/tasks-vision'],
      write: false,
    });
    sdk = outputFiles[0]!.text;
    browser = await sharedBrowser('fake');
  });
  afterAll(async () => {
    await server?.close();
  });

  /** Starts publishing in a page of its own; `globalThis.media` is what the SDK gave. */
  async function start(sessionId: string, prepare: (page: Page) => Promise<void> = async () => {}, at = server) {
    const { context, page } = await openBlankPage(browser, at.url);
    await page.addScriptTag({ content: sdk });
    await prepare(page);
    const kinds = await page.evaluate(
      async (options) => {
        const { publishMedia } = (globalThis as unknown as { sdk: typeof Sdk }).sdk;
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } });
        const media = await publishMedia(stream, {
          ...options,
          transport: 'webrtc',
          reconnect: { initialDelayMs: 100 },
        });
        Object.assign(globalThis, { media });
        return media.kinds;
      },
      {
        url: at.url,
        token: TOKEN,
        sessionId,
        participant: { id: 'me', role: 'customer' as const },
        speechLanguage: 'en',
      },
    );
    const stop = () =>
      page.evaluate(async () => {
        const { media } = globalThis as unknown as { media: Sdk.PublishedMedia };
        await media.stop();
        await media.closed;
      });
    return { context, kinds, stop };
  }
  const of = (kind: MediaFrame['kind']) => frames.filter((frame) => frame.kind === kind);

  it('delivers voice, pictures and the words that the browser recognised, and ends the session', async () => {
    const { context, kinds, stop } = await start('first', async (page) => {
      await page.evaluate(() => {
        class Recognition {
          onresult: ((event: unknown) => void) | null = null;
          start() {
            setTimeout(
              () => this.onresult?.({ resultIndex: 0, results: [{ isFinal: true, 0: { transcript: 'hello' } }] }),
              500,
            );
          }
          abort() {}
        }
        Object.assign(globalThis, { SpeechRecognition: Recognition });
      });
    });
    expect(kinds).toEqual(['audio', 'video', 'transcript']);
    await expect.poll(() => of('transcript').length).toBe(1);
    await expect.poll(() => of('video').length).toBeGreaterThan(5);
    await stop();
    expect(await server.sessions.get('first')!.finished).toBe('completed');
    expect(of('transcript')).toEqual([expect.objectContaining({ text: 'hello', final: true })]);
    // Words and voice are on one clock: said while the microphone was heard.
    const [words] = of('transcript') as [Extract<MediaFrame, { kind: 'transcript' }>];
    const voice = of('audio').map(({ startMs }) => startMs);
    expect(words.endMs).toBeGreaterThan(voice[0]!);
    expect(words.endMs).toBeLessThan(voice.at(-1)!);
    await context.close();
  });

  it('comes back into its session when the connection is lost', async () => {
    await using link = await openImpairedLink(server.webRtcPort!);
    frames.length = 0;
    let offers = 0;
    const { context, stop } = await start('second', async (page) => {
      await page.route('**/v1/whip?*', async (route) => {
        const response = await route.fetch();
        const answer = await response.text();
        offers += 1;
        const body = offers > 1 ? answer : answer.replace(/(a=candidate:.* )\d+( typ host)/g, `$1${link.port}$2`);
        await route.fulfill({ response, body });
      });
    });
    await expect.poll(() => of('audio').length).toBeGreaterThan(20);
    link.cut();
    await expect.poll(() => offers).toBe(2);
    const trackIds = () => new Set(of('audio').map(({ trackId }) => trackId));
    await expect.poll(() => trackIds().size).toBe(2);
    expect(server.sessions.get('second')!.ending).toBe(false);
    await stop();
    expect(await server.sessions.get('second')!.finished).toBe('completed');
    await context.close();
  });

  it.skipIf('missing' in found)(
    'comes back into its session when the worker process that carried it dies, and nothing of it is left',
    async () => {
      const { mediasoup } = found as { mediasoup: Mediasoup };
      const pids: number[] = [];
      const watched: Mediasoup = {
        async createWorker(settings) {
          const worker = await mediasoup.createWorker(settings);
          pids.push(worker.pid);
          return worker;
        },
      };
      const sfu = await startTestServer({
        config: { token: TOKEN, webrtc: 'mediasoup' },
        mediasoup: watched,
        script: { onFrame: (frame) => frames.push(frame) },
      });
      const alive = () => pids.filter((pid) => isRunning(pid));
      const handles = () => process.getActiveResourcesInfo().filter((name) => /Process|Pipe/.test(name)).length;
      const publishers = async () => {
        const metrics = await fetch(`${sfu.url}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
        return Number(/^undertone_webrtc_publishers_open (\d+)/m.exec(await metrics.text())![1]);
      };
      const handlesBefore = handles();
      frames.length = 0;
      const { context, stop } = await start('third', undefined, sfu);
      await expect.poll(() => of('audio').length).toBeGreaterThan(20);
      expect(alive()).toHaveLength(availableParallelism());
      for (const pid of alive()) process.kill(pid, 'SIGKILL');
      await expect.poll(() => pids.length).toBe(2 * availableParallelism());
      const trackIds = () => new Set(of('audio').map(({ trackId }) => trackId));
      await expect.poll(() => trackIds().size).toBe(2);
      expect(sfu.sessions.get('third')!.ending).toBe(false);
      expect(await publishers()).toBe(1);
      expect(alive()).toHaveLength(availableParallelism());
      await stop();
      expect(await sfu.sessions.get('third')!.finished).toBe('completed');
      expect(await publishers()).toBe(0);
      await expect.poll(handles).toBe(handlesBefore);
      await context.close();
      await sfu.close();
      await expect.poll(alive).toEqual([]);
    },
  );

  it('tells a refusal by its reason', async () => {
    const { context, page } = await openBlankPage(browser, server.url);
    await page.addScriptTag({ content: sdk });
    const code = await page.evaluate(async (url) => {
      const { publishMedia } = (globalThis as unknown as { sdk: typeof Sdk }).sdk;
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const options = { url, token: 'wrong', participant: { id: 'me' }, transport: 'webrtc' } as const;
      return publishMedia(stream, options).then(
        () => 'none',
        (error) => error.code,
      );
    }, server.url);
    expect(code).toBe('unauthorized');
    await context.close();
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
