import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient } from '../../client-sdk/index.ts';
import { buildDashboard, DASHBOARD_CONTENT_SECURITY_POLICY } from '../../server/dashboard/build.ts';
import { hasChromium, openPage, SIZES, screenshot, sidewaysScrollPx } from '../support/dashboard/browser-page.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { sharedBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';

describe.skipIf(!hasChromium)('a person who opens the dashboard with a microphone and a camera', () => {
  let server: RealServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const files = await buildDashboard();
    const dashboard = { files, contentSecurityPolicy: DASHBOARD_CONTENT_SECURITY_POLICY };
    server = await startRealServer({ dashboard });
    browser = await sharedBrowserWithDevices();
    ({ page, problems } = await openPage(browser, `${server.url}/`));
  });
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
  });

  it('starts, and is live with voice and face', async () => {
    await page.getByRole('link', { name: 'Start with my microphone and camera' }).first().click();
    await page.getByRole('button', { name: 'Start' }).click();
    const bar = page.getByLabel('This computer is publishing');
    await bar.getByText('You are live').waitFor();
    await bar.getByText(/voice · face/).waitFor();
  });

  it('sees their own utterance with its emotion appear', async () => {
    await page.locator('.entry .emotion-chip').first().waitFor();
    await page.locator('.lane-picture').first().waitFor();
    expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
    await screenshot(page, 'own-call-desktop');
    await page.setViewportSize(SIZES.phone);
    await page.locator('.entry .emotion-chip').first().waitFor();
    expect(await sidewaysScrollPx(page)).toBeLessThanOrEqual(0);
    const stop = await page.getByRole('button', { name: 'Stop' }).boundingBox();
    expect(stop!.width).toBeGreaterThan(stop!.height);
    await screenshot(page, 'own-call-phone');
    await page.setViewportSize(SIZES.desktop);
  });

  it('stops, and has been heard and seen', async () => {
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByLabel('This computer is publishing').waitFor({ state: 'detached' });
    const client = createEmotionClient({ url: server.url });
    const [session] = await client.listSessions();
    const events = await collect(client.events(session!.sessionId));
    expect(streamProblems(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ reason: 'completed' });
    const [utterance] = events.filter(isEmotion);
    expect(utterance!.participant).toMatchObject({ id: 'me', role: 'customer' });
    expect(utterance!.endMs - utterance!.startMs).toBeGreaterThan(500);
    expect(utterance!.modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
    expect(utterance!.modalities.video.contribution).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });
});
