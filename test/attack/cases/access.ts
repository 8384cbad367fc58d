import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { SUBSCRIBE_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '../../../client-sdk/protocol/index.ts';
import { Publisher, Subscriber } from '../../support/server/peers.ts';
import { otherSpellings, rawHead, sendRaw } from '../../support/server/spellings.ts';
import { holdsWithin } from '../../support/until.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const CALL = 'secret-call';
const TOKEN = 'a-secret-of-some-length-and-more';
const GUARDED = [
  '/v1/sessions',
  '/v1/sessions/secret-call',
  '/v1/sessions/secret-call/events',
  '/v1/sessions/secret-call/events?after=0',
  '/metrics',
  '/v1/whip',
  '/v1/whep',
  '/v1/whip/0123456789abcdef0123456789abcdef',
  '/v1/whep/0123456789abcdef0123456789abcdef',
];
/** A socket is closed with this code when wrong tokens came from its address too fast. */
const HELD_BACK = 4429;
const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PUT'];

/** A claims text with a right signature, whatever it says: what a library would not make. */
function forge(claims: string, header = '{"alg":"HS256","typ":"JWT"}', secret = TOKEN): string {
  const content = [header, claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A server with a call that must not be told of. */
async function startWithCall(attack: AttackContext, sessionId = CALL): Promise<ServerUnderAttack> {
  const server = await attack.share({ token: TOKEN });
  await holdCall(attack, server, sessionId);
  return server;
}

/** Holds the call open until the case ends. */
async function holdCall(attack: AttackContext, server: ServerUnderAttack, sessionId: string): Promise<void> {
  const publisher = new Publisher(server.socketUrl, server.headers);
  await publisher.start(sessionId);
  attack.signal.addEventListener('abort', () => publisher.socket.terminate());
}

/** What a publisher with a token is told: `in`, or the code that its socket is closed with. */
async function knock(server: ServerUnderAttack, token: string): Promise<'in' | number> {
  const publisher = new Publisher(server.socketUrl, bearer(token));
  const ready = publisher.start().then(() => 'in' as const);
  const outcome = await Promise.race([ready.catch(() => publisher.closed), publisher.closed]);
  publisher.socket.terminate();
  return outcome === 'in' ? 'in' : outcome.code;
}

export const cases: readonly AttackCase[] = [
  {
    name: 'no spelling of an address is answered without a token',
    async run(attack) {
      const server = await startWithCall(attack);
      const leaks: string[] = [];
      let sent = 0;
      const ask = async (method: string, target: string) => {
        const { status, text } = await sendRaw(server.url, rawHead(method, target));
        sent += 1;
        const tells = /Ann Example|secret-call|undertone_sessions|unknown-(?:publisher|listener)/.test(text);
        if (tells || (status >= 200 && status < 300)) leaks.push(`${method} ${target} → ${status}`);
      };
      for (const path of GUARDED) {
        const targets = [path, ...otherSpellings(path)];
        const methods = attack.form === 'long' ? METHODS : ['GET', 'DELETE'];
        for (const method of methods) await Promise.all(targets.map((target) => ask(method, target)));
      }
      attack.figure('requests', sent, '');
      attack.figure('answered without a token', leaks.length, '');
      await server.mustAnswer();
      if (leaks.length > 0) throw new Error(`answered without a token: ${leaks.slice(0, 5).join(', ')} …`);
    },
  },
  {
    name: 'who guesses tokens is slowed down, counted and logged, and keeps nobody else out',
    async run(attack) {
      const server = await attack.start({ token: TOKEN });
      await holdCall(attack, server, CALL);
      const durationMs = attack.rounds(3000, 10_000);
      let looked = 0;
      let all = 0;
      const startedMs = performance.now();
      const guess = async () => {
        while (performance.now() - startedMs < durationMs) {
          const token = `guess-${all}-${attack.random()}`;
          all += 1;
          const { status } = await fetch(`${server.url}/v1/sessions`, { headers: bearer(token) });
          if (status === 401) looked += 1;
        }
      };
      await Promise.all(Array.from({ length: 16 }, guess));
      // The last guess may have been answered late.
      const seconds = (performance.now() - startedMs) / 1000;
      attack.figure('guesses sent', all, '');
      attack.figure('guesses looked at per second', looked / seconds, '/s');
      const known = await fetch(`${server.url}/v1/sessions`, { headers: server.headers });
      if (known.status !== 200) throw new Error(`the right token was answered ${known.status}`);
      const counted = await server.metric('undertone_credentials_refused_total{way="http",reason="wrong"}');
      const lines = server.logLines.filter((line) => line.includes('wrong credentials'));
      attack.figure('lines', lines.length, '');
      if (looked > 10 + 5 * seconds) throw new Error(`${looked} guesses were looked at in ${seconds.toFixed(1)} s`);
      if (counted !== looked) throw new Error(`${counted} were counted, ${looked} answered`);
      if (lines.length < 1 || lines.length > 3) throw new Error(`${lines.length} lines were logged`);
      if (server.logLines.some((line) => line.includes('guess-'))) throw new Error('a guess was logged');
    },
  },
  {
    name: 'guesses by WebSocket and of platforms’ keys are slowed down as well',
    async run(attack) {
      const server = await attack.start({
        token: TOKEN,
        env: { UNDERTONE_RECALL_TOKEN: 'a-recall-token', UNDERTONE_TWILIO_AUTH_TOKEN: 'a-twilio-token' },
      });
      const outcomes = { looked: 0, heldBack: 0 };
      const guess = (url: string, subprotocols: string[], headers: Record<string, string>) =>
        new Promise<void>((resolve) => {
          const socket = new WebSocket(url, subprotocols, { headers });
          const count = (isHeldBack: boolean) => {
            outcomes[isHeldBack ? 'heldBack' : 'looked'] += 1;
            resolve();
          };
          socket.on('unexpected-response', (_request, { statusCode }) => {
            count(statusCode === 429);
            socket.terminate();
          });
          socket.on('error', () => {});
          socket.on('close', (code) => code !== 1006 && count(code === HELD_BACK));
        });
      for (let i = 0; i < attack.rounds(60, 300); i += 1) {
        const token = `${TOKEN_SUBPROTOCOL_PREFIX}guess-${i}`;
        await guess(`${server.socketUrl}/v1/subscribe`, [SUBSCRIBE_SUBPROTOCOL, token], {});
        await guess(`${server.socketUrl}/v1/recall?token=guess-${i}`, [], {});
        await guess(`${server.socketUrl}/v1/twilio`, [], { 'X-Twilio-Signature': 'AAAA' });
      }
      attack.figure('looked at', outcomes.looked, '');
      attack.figure('held back', outcomes.heldBack, '');
      await server.mustAnswer();
      if (outcomes.heldBack < outcomes.looked) throw new Error(`${outcomes.looked} guesses were looked at`);
    },
  },
  {
    name: 'a server that a webhook names is refused unless it is spelt as configured, and on port 443',
    async run(attack) {
      const secret = 'a-webhook-secret';
      const server = await attack.start({
        token: TOKEN,
        env: {
          UNDERTONE_ZOOM_CLIENT_ID: 'client',
          UNDERTONE_ZOOM_CLIENT_SECRET: 'a-client-secret',
          UNDERTONE_ZOOM_WEBHOOK_SECRET: secret,
          // A name that nobody has: a server that tries to connect does no harm.
          UNDERTONE_ZOOM_SERVERS: '*.zoom.invalid',
        },
      });
      const isRefused = async (url: string, index: number, withinMs: number): Promise<boolean> => {
        const payload = { meeting_uuid: `meeting-${index}`, rtms_stream_id: `stream-${index}`, server_urls: url };
        const body = JSON.stringify({ event: 'meeting.rtms_started', payload });
        const timestamp = String(Math.floor(Date.now() / 1000));
        const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
        const headers = { 'x-zm-request-timestamp': timestamp, 'x-zm-signature': `v0=${signature}` };
        const before = server.logLines.length;
        const { status } = await fetch(`${server.url}/v1/zoom`, { method: 'POST', headers, body });
        const isLogged = () =>
          server.logLines.slice(before).some((line) => line.includes('UNDERTONE_ZOOM_SERVERS does not allow'));
        return status >= 400 || (await holdsWithin(withinMs, isLogged));
      };
      if (await isRefused('wss://a.zoom.invalid/signaling', 0, 500)) throw new Error('the right server is refused');
      const letOut: string[] = [];
      const urls = [
        ...['wss://a.zoom.invalid:8443', 'wss://a.zoom.invalid:22', 'wss://xn--bcher-kva.zoom.invalid'],
        ...['wss://%61.zoom.invalid', 'wss://a\u3002zoom.invalid', 'wss://a_b.zoom.invalid', 'wss:a.zoom.invalid'],
        ...['wss://a.zo\tom.invalid', 'wss://@a.zoom.invalid', 'wss://a.zoom.invalid.', 'ws://a.zoom.invalid'],
        ...['wss://169.254.169.254', 'wss://0x7f.1', 'wss://[::ffff:127.0.0.1]', 'wss://2130706433'],
      ];
      for (const [index, url] of urls.entries()) if (!(await isRefused(url, index + 1, 30_000))) letOut.push(url);
      attack.figure('addresses tried', urls.length, '');
      attack.figure('let out', letOut.length, '');
      await server.mustAnswer();
      if (letOut.length > 0) throw new Error(`the server connects to ${letOut.join(', ')}`);
    },
  },
  {
    name: 'pages connect to their own server only, and nothing of a call is kept in a cache',
    async run(attack) {
      const server = await startWithCall(attack, 'secret-call-of-pages');
      const page = await fetch(`${server.url}/`);
      const policy = page.headers.get('content-security-policy') ?? '';
      if (/blob:|data:|\bwss?:|\*|unsafe/.test(policy)) throw new Error(`the policy of pages is ${policy}`);
      const paths = [
        '/v1/sessions',
        '/v1/sessions/secret-call-of-pages',
        '/v1/sessions/secret-call-of-pages/events',
        '/v1/sessions/none',
        '/none',
      ];
      for (const path of paths) {
        for (const headers of [server.headers, {}]) {
          const answer = await fetch(server.url + path, { headers });
          const control = answer.headers.get('cache-control');
          if (control !== 'no-store')
            throw new Error(`${path} is answered ${answer.status} with Cache-Control ${control}`);
        }
      }
    },
  },
  {
    name: 'a token for one session sees no other',
    async run(attack) {
      const server = await startWithCall(attack, 'secret-call-of-another');
      const claims = `"scope":"read subscribe listen","exp":${Math.floor(Date.now() / 1000) + 600},"session":"own-call"`;
      const token = forge(`{${claims}}`);
      const own = new Publisher(server.socketUrl, server.headers);
      await own.start('own-call');
      const seen = await (await fetch(`${server.url}/v1/sessions`, { headers: bearer(token) })).text();
      if (!seen.includes('own-call')) throw new Error(`the token does not see its own session: ${seen}`);
      if (seen.includes('secret-call')) throw new Error('the list tells of another session');
      for (const path of ['/v1/sessions/secret-call-of-another', '/v1/sessions/secret-call-of-another/events']) {
        const { status } = await fetch(server.url + path, { headers: bearer(token) });
        if (status !== 404) throw new Error(`${path} was answered ${status}`);
      }
      const subscriber = await new Subscriber(server.socketUrl, bearer(token)).start('secret-call-of-another');
      const { code } = await subscriber.closed;
      own.socket.terminate();
      if (code !== 4404) throw new Error(`a subscriber of another session was closed with ${code}`);
      if (!server.logLines.some((line) => line.includes('"audit":true'))) throw new Error('there is no audit line');
    },
  },
  // The last one: wrong tokens hold back what follows from the same address.
  {
    name: 'a JSON Web Token that says too much, or twice, lets nobody in',
    async run(attack) {
      const server = await attack.share({ token: TOKEN });
      // Each is looked at, although the ones before were wrong.
      const answerTo = async (token: string) => {
        let answer = await knock(server, token);
        while (answer === HELD_BACK) {
          await sleep(200, undefined, { signal: attack.signal });
          answer = await knock(server, token);
        }
        return answer;
      };
      const nowS = Math.floor(Date.now() / 1000);
      const exp = nowS + 600;
      const good = `{"scope":"publish","exp":${exp}}`;
      if ((await answerTo(forge(good))) !== 'in') throw new Error('a good token was refused');
      const letIn: string[] = [];
      for (const [what, token] of [
        ['crit', forge(good, '{"alg":"HS256","crit":["exp"],"exp":1}')],
        ['crit b64', forge(good, '{"alg":"HS256","crit":["b64"],"b64":true}')],
        ['another type', forge(good, '{"alg":"HS256","typ":"JOSE"}')],
        ['no end', forge('{"scope":"publish","exp":1e999}')],
        ['an end in a hundred years', forge(`{"scope":"publish","exp":${nowS + 3_000_000_000}}`)],
        ['issued in a year', forge(`{"scope":"publish","exp":${exp},"iat":${nowS + 31_536_000}}`)],
        ['a role twice', forge(`{"scope":"publish","exp":${exp},"role":"agent","role":"customer"}`)],
        ['a scope twice', forge(`{"scope":"read","exp":${exp},"\\u0073cope":"publish"}`)],
        ['algorithm none', `${forge(good, '{"alg":"none"}').split('.').slice(0, 2).join('.')}.`],
        ['scopes in a list', forge(`{"scope":["publish"],"exp":${exp}}`)],
        ['once without an id', forge(`{"scope":"publish","exp":${exp},"once":true}`)],
      ] as const) {
        if ((await answerTo(token)) === 'in') letIn.push(what);
      }
      attack.figure('let in', letIn.length, '');
      const once = forge(`{"scope":"publish","exp":${exp},"jti":"ticket-1","once":true}`);
      const uses = [await answerTo(once), await answerTo(once)];
      if (letIn.length > 0) throw new Error(`let in: ${letIn.join(', ')}`);
      if (uses[0] !== 'in' || uses[1] === 'in')
        throw new Error(`a token that works once was let in: ${uses.join(', ')}`);
    },
  },
];
