import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Publisher } from '../../support/server/peers.ts';
import { startTestServer, type TestServer } from '../../support/server/test-server.ts';

const page = new TextEncoder().encode('<!doctype html><title>Undertone</title>');
let server: TestServer;

beforeEach(async () => {
  const files = new Map([['/', { contentType: 'text/html; charset=utf-8', body: page }]]);
  server = await startTestServer({ dashboard: { files, contentSecurityPolicy: "default-src 'self'" } });
});
afterEach(() => server.close());

describe('the HTTP side', () => {
  it('serves the dashboard with its policy, and nothing when the browser has it already', async () => {
    const response = await fetch(`${server.url}/`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'self'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(page);
    const again = await fetch(`${server.url}/`, { headers: { 'If-None-Match': response.headers.get('etag')! } });
    expect(again.status).toBe(304);
  });

  it('answers what does not exist, and what is no request, in the shape of its errors', async () => {
    for (const [path, status, code] of [
      ['/nothing', 404, 'not-found'],
      ['/v1/sessions/%zz', 400, 'bad-request'],
    ] as const) {
      const response = await fetch(server.url + path);
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ error: { code, message: expect.any(String) } });
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('is healthy and ready', async () => {
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  it('counts for Prometheus, in base units, without anything a caller said', async () => {
    const publisher = await new Publisher(server.socketUrl).start('call');
    publisher.sendAudio(0);
    publisher.send({ type: 'session.end' });
    await publisher.closed;
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'undertone_sessions_live 0',
      'undertone_sessions_held 1',
      'undertone_sessions_ended_total{reason="completed"} 1',
      'undertone_utterances_total{ended_by="track-end"} 1',
      'undertone_event_latency_seconds_count{revision="first"} 1',
      'undertone_event_latency_seconds_bucket{le="0.01",revision="first"} 1',
      'undertone_ingest_received_total{kind="packet"} 1',
      'undertone_ingest_received_bytes_total{kind="packet"} 656',
      'undertone_model_queue_depth{graph="fusion"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds [\d.e-]+/);
    expect(text).not.toMatch(/call|Ann/);
  });
});
