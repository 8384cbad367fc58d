import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient } from '../../client-sdk/index.ts';
import { buildDashboard, DASHBOARD_CONTENT_SECURITY_POLICY } from '../../server/dashboard/build.ts';
import { hasChromium, openPage, SIZES, screenshot, sidewaysScrollPx } from '../support/dashboard/browser-page.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { launchBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { readSampleCall } from '../support/e2e/sample-call.ts';

/** The customer's first two sentences, with the agent's silence between them. */
const VOICE_MS = 17_000;

describe.skipIf(!hasChromium)('a person who opens the dashboard with a microphone and a camera', () => {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-devices-'));
  let server: RealServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const files = await buildDashboard();
    const dashboard = { files, contentSecurityPolicy: DASHBOARD_CONTENT_SECURITY_POLICY };
    server = await startRealServer({ dashboard });
    const { voices, sampleRateHz } = await readSampleCall();
    browser = await launchBrowserWithDevices(folder, voices[0].subarray(0, (VOICE_MS * sampleRateHz) / 1000));
    ({ page, problems } = await openPage(browser, `${server.url}/`));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts, and is live with voice and face', async () => {
    await page.getByRole('link', { name: 'Start with my microphone and camera' }).first().click();
    await page.getByRole('button', { name: 'Start' }).click();
    const bar = page.getByLabel('This computer is publishing');
    await bar.getByText('You are live').waitFor();
    await bar.getByText(/voice · face/).waitFor();
  }, 30_000);

  it('sees their own utterance with its emotion appear', async () => {
    await page.locator('.entry .emotion-chip').first().waitFor({ timeout: 30_000 });
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
  }, 45_000);

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
    expect(utterance!.endMs - utterance!.startMs).toBeGreaterThan(2000);
    expect(utterance!.modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
    expect(utterance!.modalities.video.contribution).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  }, 30_000);
});
