import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLISH_SUBPROTOCOL, SUBSCRIBE_SUBPROTOCOL } from '../../../client-sdk/protocol/index.ts';
import { SCOPES, type Scope } from '../../../server/access/grant.ts';
import type { StatedRoute } from '../../../server/access/route-access.ts';
import { signToken } from '../../../server/access/sign-token.ts';
import { type GuardOptions, guardRoutes } from '../../../server/http/guard.ts';
import { ZOOM_CONFIG } from '../../support/meetings/zoom-rtms-peer.ts';
import { Publisher } from '../../support/server/peers.ts';
import { otherSpellings, rawHead, sendRaw } from '../../support/server/spellings.ts';
import { startTestServer, type TestServer } from '../../support/server/test-server.ts';

const TOKEN = 'a-secret-of-some-length-and-more';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'LOCK'];
/** Answers that tell nothing of a call, and let nobody in. */
const NOTHING = [400, 401, 404, 405, 429];

let server: TestServer;
let publisherToken: string;
let routes: readonly StatedRoute[];

beforeAll(async () => {
  const files = new Map([['/', { contentType: 'text/html', body: new TextEncoder().encode('<title>A page</title>') }]]);
  server = await startTestServer({
    config: { token: TOKEN, maxConnectionsPerAddress: 1000, ...ZOOM_CONFIG },
    dashboard: { files, contentSecurityPolicy: "default-src 'self'" },
    // Every route is asked for with every scope.
    onDrain: () => {},
  });
  routes = server.routes;
  publisherToken = await signToken(TOKEN, {}, Date.now() / 1000 + 600);
  // Both are known from here: tokens that are guessed at keep none of them out.
  await new Publisher(server.socketUrl, { Authorization: `Bearer ${TOKEN}` }).start('call');
  await new Publisher(server.socketUrl, { Authorization: `Bearer ${publisherToken}` }).start('own');
});
afterAll(() => server.close());

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const pathOf = ({ path }: StatedRoute) => path.replace(/:\w+/, 'call');
const isOpen = ({ access }: StatedRoute) => 'open' in access;
const isSocket = ({ method }: StatedRoute) => method === 'UPGRADE';
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol': `${PUBLISH_SUBPROTOCOL}, ${SUBSCRIBE_SUBPROTOCOL}`,
};

/** Sends a request without a body and holds the answer to saying nothing of a call. */
async function statusOf(method: string, target: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await sendRaw(server.url, rawHead(method, target, headers));
  expect(answer.text, `${method} ${target}`).not.toMatch(/Ann Example|undertone_sessions|turn:/);
  return answer.status;
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>, atOnce = 16): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

/** The right credential for this route stops the server. A test of its own sends it. */
const stopsTheServer = ({ path }: { readonly path: string }) => path === '/admin/drain';

describe('every route', () => {
  it('states what it asks for, and those that are open are few', () => {
    expect(routes.length).toBeGreaterThan(25);
    expect([...new Set(routes.filter(isOpen).map(({ path }) => path))].sort()).toEqual([
      '/',
      '/healthz',
      '/readyz',
      '/v1/zoom',
    ]);
    for (const { access } of routes) {
      if ('scope' in access) expect(SCOPES).toContain(access.scope);
    }
  });

  it('that does not is refused at the start', async () => {
    const app = Fastify();
    guardRoutes(app, {} as GuardOptions);
    expect(() => app.get('/v1/new', () => 'anything')).toThrow('/v1/new does not state which credential it requires');
    app.register(async (scope) => scope.get('/v1/below', () => 'anything'));
    await expect(async () => app.ready()).rejects.toThrow('/v1/below does not state which credential it requires');
  });

  it('in its own spelling tells nothing to nobody, with any method and any wrong credential', async () => {
    const guarded = [...new Set(routes.filter((route) => !isOpen(route) && !isSocket(route)).map(pathOf))];
    const requests = guarded.flatMap((path) => METHODS.map((method) => ({ path, method })));
    await inTurns(requests, async ({ path, method }) => {
      for (const headers of [{}, bearer('wrong'), bearer(`${TOKEN}x`), { Authorization: `Basic ${TOKEN}` }]) {
        expect(NOTHING, `${method} ${path}`).toContain(await statusOf(method, path, headers));
      }
      expect(NOTHING).toContain(await statusOf(method, `${path}?token=${TOKEN}`));
    });
  });

  it('in another spelling is no route, whoever asks', async () => {
    const paths = [...new Set(routes.filter((route) => !isSocket(route) && pathOf(route) !== '/').map(pathOf))];
    const targets = paths.flatMap((path) => otherSpellings(path).map((target) => ({ target })));
    expect(targets.length).toBeGreaterThan(500);
    await inTurns(targets, async ({ target }) => {
      expect(NOTHING, target).toContain(await statusOf('GET', target));
      expect([400, 404, 405], target).toContain(await statusOf('GET', target, bearer(TOKEN)));
      expect(NOTHING, target).toContain(await statusOf('DELETE', target, bearer('wrong')));
    });
  });

  it('with the server’s token is answered', async () => {
    for (const route of routes.filter((candidate) => !isSocket(candidate) && !stopsTheServer(candidate))) {
      const answer = await sendRaw(server.url, rawHead(route.method, pathOf(route), bearer(TOKEN)));
      expect([401, 403, 429], `${route.method} ${route.path}`).not.toContain(
        pathOf(route) === '/v1/zoom' ? 200 : answer.status,
      );
    }
  });

  it('with a publisher’s token is answered where its scope is to publish, and nowhere else', async () => {
    for (const route of routes.filter((candidate) => !isSocket(candidate) && !isOpen(candidate))) {
      const { status } = await sendRaw(server.url, rawHead(route.method, pathOf(route), bearer(publisherToken)));
      const needed = 'scope' in route.access ? route.access.scope : null;
      if (needed === 'publish') expect([401, 403]).not.toContain(status);
      else expect(status, `${route.method} ${route.path}`).toBe(401);
    }
  });

  it('asks for the scope that it states, and for no other', async () => {
    const tokens = new Map<Scope, string>();
    for (const scope of SCOPES) tokens.set(scope, await signToken(TOKEN, { scopes: [scope] }, Date.now() / 1000 + 600));
    for (const route of routes.filter((candidate) => !isSocket(candidate) && 'scope' in candidate.access)) {
      for (const [scope, token] of tokens) {
        if (stopsTheServer(route) && scope === 'drain') continue;
        const { status } = await sendRaw(server.url, rawHead(route.method, pathOf(route), bearer(token)));
        const isNeeded = 'scope' in route.access && route.access.scope === scope;
        // Tokens that are new to this address may be held back after all the wrong ones.
        if (status !== 429) expect(status === 401, `${route.method} ${route.path} with ${scope}`).toBe(!isNeeded);
      }
    }
  });

  it('that is a WebSocket opens for nobody without a credential, and in no other spelling', async () => {
    const paths = routes.filter(isSocket).map(pathOf);
    expect(paths).toContain('/v1/publish');
    await inTurns(paths, async (path) => {
      for (const target of otherSpellings(path)) {
        // Recall.ai wants a slash at the end.
        if (paths.includes(target)) continue;
        for (const headers of [{}, bearer(TOKEN)]) {
          const { status } = await sendRaw(server.url, rawHead('GET', target, { ...upgrade, ...headers }));
          expect([400, 404], target).toContain(status);
        }
      }
    });
    for (const path of ['/v1/publish', '/v1/subscribe']) {
      const { text } = await sendRaw(server.url, rawHead('GET', path, upgrade));
      expect(text).toContain('"code":"unauthorized"');
      expect(text).not.toContain('session.ready');
    }
  });

  it('is not reached by a tunnel, an asterisk or another version', async () => {
    for (const request of [
      rawHead('CONNECT', '127.0.0.1:80'),
      rawHead('CONNECT', '/v1/sessions'),
      rawHead('OPTIONS', '*'),
      rawHead('GET', '*'),
      rawHead('GET', ''),
      'GET /v1/sessions HTTP/1.0\r\n\r\n',
      'GET /v1/sessions\r\n\r\n',
      rawHead('GET', '/v1/sessions HTTP/1.1\r\nAuthorization: x', { Host: '127.0.0.1' }),
      rawHead('GET', '/healthz', { 'X-Original-URL': '/v1/sessions', 'X-Rewrite-URL': '/v1/sessions' }),
      rawHead('GET', '/healthz', { 'X-HTTP-Method-Override': 'DELETE' }),
    ]) {
      const { status, text } = await sendRaw(server.url, request, 1000);
      expect(text).not.toMatch(/Ann Example|"sessions"/);
      if (!request.includes('/healthz')) expect([0, 400, 401, 404, 429]).toContain(status);
    }
  });
});
