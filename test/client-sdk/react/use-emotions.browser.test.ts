import type { Browser, Page } from 'playwright-core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useEmotions } from '../../../client-sdk/react/index.ts';
import { bundleForPage } from '../../support/client-sdk/device-faces.ts';
import { hasChromium, openPage, sharedBrowser } from '../../support/dashboard/browser-page.ts';
import { emotion, started } from '../../support/dashboard/events.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/dashboard/scripted-server.ts';

const APP = `
import { createElement, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useEmotions } from './react/index.ts';

let renders = 0;
function Moods({ sessionId }) {
  const { latest, status, events, error } = useEmotions(sessionId, {
    url: location.origin,
    maxEvents: 2,
    onEvent: (event) => (globalThis.seen ??= []).push(event.sequence),
  });
  renders += 1;
  globalThis.renders = renders;
  const moods = [...latest].map(([id, score]) => id + '=' + score.emotion.label).join(' ');
  return createElement('p', { id: 'moods' }, [status, events.length, moods, error?.code ?? ''].join('|'));
}
function App() {
  const [sessionId, setSessionId] = useState('one');
  Object.assign(globalThis, { setSessionId });
  return sessionId === null ? null : createElement(Moods, { sessionId });
}
createRoot(document.body.appendChild(document.createElement('div'))).render(
  createElement(StrictMode, null, createElement(App)),
);
`;

/** WebSockets of the page that are open. */
const opened = { count: 0 };

/** A busy machine takes its time. */

describe('useEmotions', () => {
  it('renders on a server without connecting to anything', () => {
    const Moods = () => createElement('p', null, useEmotions('one', { url: 'http://127.0.0.1:1' }).status);
    expect(renderToString(createElement(Moods))).toBe('<p>idle</p>');
  });
});

describe.skipIf(!hasChromium)('useEmotions in a browser, in strict mode', () => {
  let server: ScriptedServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    server = await startScriptedServer({
      sessions: ['one', 'two'].map((sessionId) => ({
        sessionId,
        events: [{ ...started({ sequence: 1, startMs: 0 }), sessionId }],
      })),
      pages: {
        '/app': {
          contentType: 'text/html',
          body: '<!doctype html><title>Moods</title><link rel="icon" href="/dashboard-icon-none"><body></body>',
        },
        '/app.js': { contentType: 'text/javascript', body: await bundleForPage(APP) },
      },
    });
    browser = await sharedBrowser();
    ({ page, problems } = await openPage(browser, `${server.url}/app`));
    page.on('websocket', (socket) => {
      opened.count += 1;
      socket.on('close', () => {
        opened.count -= 1;
      });
    });
    await page.addScriptTag({ url: `${server.url}/app.js` });
  });
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
  });

  const moods = () => page.locator('#moods').textContent();

  it('gives each participant’s latest emotion, over one connection', async () => {
    await expect.poll(moods).toBe('live|1||');
    server.append('one', { ...emotion({ sequence: 2, startMs: 1000, label: 'joy' }), sessionId: 'one' });
    server.append('one', { ...emotion({ sequence: 3, startMs: 2000, label: 'fear' }), sessionId: 'one' });
    await expect.poll(moods).toBe('live|2|customer=fear|');
    expect(await page.evaluate('seen')).toEqual([1, 2, 3]);
    expect(opened.count).toBe(1);
  });

  it('starts anew with another session, tells a failure, and hangs up when it is unmounted', async () => {
    await page.evaluate('setSessionId("two")');
    await expect.poll(moods).toBe('live|1||');
    expect(opened.count).toBe(1);
    await page.evaluate('setSessionId("none")');
    await expect.poll(moods).toBe('failed|0||unknown-session');
    await page.evaluate('setSessionId("two")');
    await expect.poll(moods).toBe('live|1||');
    await page.evaluate('setSessionId(null)');
    await expect.poll(() => opened.count).toBe(0);
    const renders = await page.evaluate('renders');
    server.append('two', { ...emotion({ sequence: 2, startMs: 1000 }), sessionId: 'two' });
    await page.waitForTimeout(200);
    expect(await page.evaluate('renders')).toBe(renders);
    expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
  });
});
