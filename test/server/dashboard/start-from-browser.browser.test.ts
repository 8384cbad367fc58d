import { describe, expect, it } from 'vitest';
import { hasChromium, openPage, screenshot, sharedBrowser } from '../../support/dashboard/browser-page.ts';
import { startScriptedServer } from '../../support/dashboard/scripted-server.ts';

describe.skipIf(!hasChromium)('starting from the browser', () => {
  it('publishes microphone and camera, jumps to the session, and stops', async () => {
    const server = await startScriptedServer({ sessions: [] });
    const withDevices = await sharedBrowser('fake');
    const { page, problems } = await openPage(withDevices, `${server.url}/#/start`);
    await page.getByLabel("Words from the browser's speech recognition").uncheck();
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('You are live').waitFor();
    await page.waitForURL('**/#/sessions/from-browser');
    await expect.poll(() => server.published.packetCount).toBeGreaterThan(10);
    const level = page.getByRole('img', { name: 'Microphone level' }).locator('.level-bar');
    await expect.poll(() => level.getAttribute('width')).not.toBe('0%');
    await screenshot(page, 'publishing');
    const added = server.published.messages.filter((message) => (message as { type: string }).type === 'track.add');
    expect(added).toMatchObject([
      { participant: { displayName: 'Ada', role: 'customer' }, media: { kind: 'audio' } },
      { participant: { displayName: 'Ada', role: 'customer' }, media: { kind: 'video' } },
    ]);

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('You are live').waitFor({ state: 'detached' });
    expect(server.published.messages.at(-1)).toEqual({ type: 'session.end' });
    expect(problems).toEqual([]);
    await page.context().close();
    await server.close();
  });

  it('explains what to do when there is no microphone', async () => {
    const server = await startScriptedServer({ sessions: [] });
    const { page } = await openPage(await sharedBrowser(), `${server.url}/#/start`, {
      permissions: ['microphone', 'camera'],
    });
    await page.getByLabel('Microphone only').check();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('alert').getByText('No microphone was found').waitFor();
    await page.context().close();
    await server.close();
  });
});
