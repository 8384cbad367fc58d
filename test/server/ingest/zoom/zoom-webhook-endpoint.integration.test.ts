import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { webhookHeaders, ZOOM_APP, ZOOM_CONFIG } from '../../../support/meetings/zoom-rtms-peer.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../../support/server/test-server.ts';

let server: TestServer;
async function start(config: TestServerOptions['config'] = {}): Promise<void> {
  server = await startTestServer({ config: { ...ZOOM_CONFIG, ...config } });
}
afterEach(() => server.close());

function post(body: string, headers: Record<string, string> = webhookHeaders(body)): Promise<Response> {
  return fetch(`${server.url}/v1/zoom`, { method: 'POST', headers, body });
}
const VALIDATION = JSON.stringify({ event: 'endpoint.url_validation', payload: { plainToken: 'qgg8vlvZRS6U' } });

describe('Zoom’s webhooks are taken', () => {
  it('with their signature, and answer the question whose address it is', async () => {
    await start();
    const answer = await post(VALIDATION);
    const encryptedToken = createHmac('sha256', ZOOM_APP.webhookSecret).update('qgg8vlvZRS6U').digest('hex');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ plainToken: 'qgg8vlvZRS6U', encryptedToken });
  });

  it('without the server’s own token', async () => {
    await start({ token: 'a-secret-of-some-length' });
    expect((await post(VALIDATION)).status).toBe(200);
    expect((await fetch(`${server.url}/v1/sessions`)).status).toBe(401);
  });

  it.each([
    ['without a signature', {}],
    ['signed with another secret', webhookHeaders(VALIDATION, { secret: 'another-secret' })],
    ['signed for another body', webhookHeaders('{}')],
    ['signed too long ago', webhookHeaders(VALIDATION, { timestampS: Math.floor(Date.now() / 1000) - 400 })],
    ['signed for later', webhookHeaders(VALIDATION, { timestampS: Math.floor(Date.now() / 1000) + 400 })],
    ['signed at no time', { ...webhookHeaders(VALIDATION), 'x-zm-request-timestamp': 'now' }],
  ])('not %s', async (_what, headers) => {
    await start();
    const answer = await post(VALIDATION, { 'Content-Type': 'application/json', ...headers });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toBe('');
  });

  it('once', async () => {
    await start();
    const headers = webhookHeaders(VALIDATION);
    expect((await post(VALIDATION, headers)).status).toBe(200);
    expect((await post(VALIDATION, headers)).status).toBe(401);
  });

  it.each([
    ['{"event":', 400],
    ['{}', 400],
    ['{"event":"meeting.rtms_started","payload":{}}', 400],
    ['{"event":"meeting.rtms_stopped","payload":{"meeting_uuid":"a","rtms_stream_id":"unknown"}}', 200],
    ['{"event":"rtms.concurrency_near_limit","payload":{}}', 200],
  ])('%s is answered with %i', async (body, status) => {
    await start();
    expect((await post(body)).status).toBe(status);
    expect(server.sessions.list()).toEqual([]);
  });

  it('not larger than 64 KiB, and nowhere where no app is configured', async () => {
    await start();
    const large = JSON.stringify({ event: 'x', payload: 'x'.repeat(64 * 1024) });
    expect((await post(large)).status).toBe(413);
    await server.close();
    server = await startTestServer({});
    expect((await post(VALIDATION)).status).toBe(404);
  });
});
