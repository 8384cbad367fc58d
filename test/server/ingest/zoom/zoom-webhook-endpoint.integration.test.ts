import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { grantOfPlatform } from '../../../../server/access/grant.ts';
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

  it('again without effect, because Zoom repeats what it believes lost', async () => {
    await start();
    const stopped = '{"event":"meeting.rtms_tomorrow","payload":{}}';
    for (const body of [VALIDATION, stopped]) {
      const headers = webhookHeaders(body);
      const first = await (await post(body, headers)).text();
      const again = await post(body, headers);
      expect([again.status, await again.text()]).toEqual([200, first]);
    }
    expect(server.logLines.filter((line) => line.includes('meeting.rtms_tomorrow'))).toHaveLength(1);
  });

  it('and started again where the first answer was that there is no room', async () => {
    await start({ maxSessions: 1, zoomServers: ['127.0.0.1'] });
    const body = JSON.stringify({
      event: 'meeting.rtms_started',
      payload: { meeting_uuid: 'abc', rtms_stream_id: 's', server_urls: 'ws://127.0.0.1:9/signaling' },
    });
    const headers = webhookHeaders(body);
    const taken = server.sessions.open({ sessionId: 'taken' }, grantOfPlatform('zoom'));
    expect((await post(body, headers)).status).toBe(503);
    taken.end('completed');
    await taken.finished;
    expect((await post(body, headers)).status).toBe(200);
    expect(server.sessions.get('zoom-abc')).toBeDefined();
  });

  it('and each kind that is not acted on is logged once, with its name', async () => {
    await start();
    for (let i = 0; i < 3; i += 1) {
      expect((await post(`{"event":"meeting.participant_joined","n":${i}}`)).status).toBe(200);
      expect((await post(`{"event":"webinar.rtms_started","n":${i},"payload":{}}`)).status).toBe(400);
    }
    const lines = server.logLines.filter((line) => line.includes('was dropped')).map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { source: 'zoom', type: 'meeting.participant_joined' },
      { source: 'zoom', problem: 'payload.server_urls is missing.' },
    ]);
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
