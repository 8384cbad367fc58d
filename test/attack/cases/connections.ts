import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { PUBLISH_SUBPROTOCOL, SUBSCRIBE_SUBPROTOCOL } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { until } from '../../support/until.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import { RawConnections, type RawConnectionsOptions } from '../raw-connections.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const TOKEN = 'a-token-of-calls-0123';
const OTHER_ADDRESS = '127.0.0.2';
/** Time in which the server must have closed whoever is slow, in ms. The short form only waits. */
const PATIENCE_MS = 30_000;
/** Handles of a server that come and go without an attack. */
const OTHER_HANDLES = 5;
/** The short form need not wait for the times that a server gives its clients by default. */
const IMPATIENT = {
  UNDERTONE_REQUEST_TIMEOUT_MS: '3000',
  UNDERTONE_HELLO_TIMEOUT_MS: '1000',
  UNDERTONE_IDLE_TIMEOUT_MS: '2000',
};

const slowBody = (path: string) =>
  [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Content-Type: application/sdp', 'Content-Length: 9000', '\r\n'].join(
    '\r\n',
  );

const shareImpatient = (attack: AttackContext) =>
  attack.share({ token: TOKEN, ...(attack.form === 'short' && { env: IMPATIENT }) });

/** Opens slow connections and holds the server to closing all of them, while it answers others. */
async function mustClose(attack: AttackContext, options: RawConnectionsOptions, withinMs = PATIENCE_MS): Promise<void> {
  const server = await shareImpatient(attack);
  const memoryBefore = server.residentMib();
  const handlesBefore = server.openHandles();
  const startedMs = performance.now();
  using slow = await RawConnections.open(server.url, options);
  await server.mustAnswer();
  await mustEnd(attack, server, { slow, count: options.count, handlesBefore, withinMs });
  attack.figure('after', (performance.now() - startedMs) / 1000, 's');
  attack.figure('memory that they took', server.residentMib() - memoryBefore, 'MiB');
  await server.mustAnswer();
}

interface SlowConnections {
  readonly slow: RawConnections;
  readonly count: number;
  readonly handlesBefore: number;
  /** Bound of the long form, in ms. */
  readonly withinMs: number;
}

/** @throws Error when the server does not end each connection and let go of its handle, in the long form in time. */
async function mustEnd(attack: AttackContext, server: ServerUnderAttack, connections: SlowConnections): Promise<void> {
  const { slow, count, handlesBefore, withinMs } = connections;
  const held = () => Math.max(0, server.openHandles() - handlesBefore - OTHER_HANDLES);
  const openedMs = performance.now();
  const isDone = () => slow.ended === count && held() === 0;
  while (!isDone() && (attack.form === 'short' || performance.now() - openedMs < withinMs)) {
    await sleep(100, undefined, { signal: attack.signal });
  }
  attack.figure('held at the end', held(), 'connections');
  if (!isDone()) throw new Error(`${held()} of ${count} connections are held after ${withinMs / 1000} s`);
}

export const cases: readonly AttackCase[] = [
  {
    name: 'connections that never say anything are closed, and keep nobody out meanwhile',
    run: (attack) => mustClose(attack, { count: attack.rounds(1500, 10_000) }),
  },
  {
    name: 'connections that send the head of a request by single characters are closed',
    run: (attack) =>
      mustClose(attack, {
        count: attack.rounds(300, 1500),
        hello: 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-',
        drip: 'a',
      }),
  },
  {
    name: 'connections that send a body by single characters are closed',
    run: (attack) =>
      mustClose(attack, {
        count: attack.rounds(300, 1500),
        hello: slowBody('/v1/whip').replace('Host:', `Authorization: Bearer ${TOKEN}\r\nHost:`),
        drip: 'a',
      }),
  },
  {
    name: 'a body that goes on after its request was refused is not waited for',
    async run(attack) {
      const count = attack.rounds(300, 1500);
      const server = await shareImpatient(attack);
      const early = () => server.metric('undertone_connections_limited_total{limit="answered-early"}');
      const before = (await early()) || 0;
      await mustClose(attack, { count, hello: slowBody('/v1/whip'), drip: 'a' }, 10_000);
      const closed = (await early()) - before;
      attack.figure('closed soon after their answer', closed, `of ${count}`);
      if (!(closed > 0)) throw new Error('the server waited for the rest of each body');
    },
  },
  {
    name: 'sockets whose upgrade was refused are closed, though they keep their side open',
    run: (attack) =>
      mustClose(
        attack,
        {
          count: attack.rounds(300, 1500),
          hello:
            'GET /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
        },
        10_000,
      ),
  },
  {
    name: 'a message that never ends does not keep its socket open for long',
    async run(attack) {
      const server = await shareImpatient(attack);
      const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
      const upgrade = (path: string, protocol: string) =>
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${protocol}\r\n${key}\r\n\r\n`;
      // The first frame of a message that is not its last, then continuations of one character, with ping answers between.
      const frame = (opcode: number, text: string) =>
        Buffer.concat([Buffer.from([opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]).toString('latin1');
      const drip = frame(0x00, 'a') + frame(0x8a, '');
      for (const [path, protocol] of [
        ['/v1/publish', PUBLISH_SUBPROTOCOL],
        ['/v1/subscribe', SUBSCRIBE_SUBPROTOCOL],
      ] as const) {
        const handlesBefore = server.openHandles();
        const hello = upgrade(path, protocol) + frame(0x01, 'a');
        const count = attack.rounds(50, 400);
        const startedMs = performance.now();
        using slow = await RawConnections.open(server.url, { count, hello, drip });
        await mustEnd(attack, server, { slow, count, handlesBefore, withinMs: PATIENCE_MS });
        attack.figure(`${path}: closed after`, (performance.now() - startedMs) / 1000, 's');
        if (!slow.received.includes('101 Switching Protocols')) throw new Error(`${path} took no socket`);
      }
    },
  },
  {
    name: 'requests that are sent at once, without waiting for answers, cost one answer of memory',
    async run(attack) {
      const server = await attack.share();
      const publisher = await new Publisher(server.socketUrl).start('long-call');
      const participant = { id: 'bea', role: 'customer' } as const;
      publisher.send({ type: 'track.add', track: 2, participant, media: { kind: 'transcript' } });
      for (let i = 0; i < 100; i += 1) {
        const text = 'word '.repeat(400);
        const times = { startMs: i * 900, endMs: i * 900 + 800 };
        publisher.send({ type: 'transcript', track: 2, segmentId: `s${i}`, ...times, text, final: true });
      }
      publisher.send({ type: 'session.end' });
      // The memory that the analysis takes is not the requests'.
      const page = `${server.url}/v1/sessions/long-call/events`;
      let answer = '';
      while (!answer.includes('"session.ended"')) {
        await sleep(200, undefined, { signal: attack.signal });
        answer = await (await fetch(page)).text();
      }
      if (answer.length < 100_000) throw new Error(`the answer has only ${answer.length} characters`);
      const before = server.residentMib();
      const request = `GET ${new URL(page).pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
      let peak = 0;
      // So many are cut off, and so few are answered.
      for (const asked of Array.from({ length: attack.rounds(1, 10) }, () => [900, 12]).flat()) {
        using _pipelined = await RawConnections.open(server.url, {
          count: 20,
          hello: request.repeat(asked),
          reads: false,
        });
        for (let j = 0; j < 30; j += 1) {
          await sleep(100);
          peak = Math.max(peak, server.residentMib() - before);
        }
      }
      attack.figure('memory at the peak', peak, 'MiB');
      await server.mustAnswer();
      // Answers that were sent are garbage for a while, so the peak is above the 20 answers of 1 MiB that are held.
      if (peak > 250) throw new Error(`pipelined requests took ${peak.toFixed(0)} MiB`);
    },
  },
  {
    name: 'one address cannot take every place of the server',
    async run(attack) {
      const server = await attack.share();
      const greedy: WebSocket[] = [];
      for (let i = 0; i < 1100; i += 1) {
        const socket = new WebSocket(`${server.socketUrl}/v1/publish`, PUBLISH_SUBPROTOCOL, {
          localAddress: OTHER_ADDRESS,
        });
        socket.on('error', () => {});
        greedy.push(socket);
        if (i % 100 === 99) await sleep(50);
      }
      await until(() => greedy.every(({ readyState }) => readyState !== WebSocket.CONNECTING), attack.signal);
      attack.figure(
        'sockets of the greedy address',
        greedy.filter(({ readyState }) => readyState === WebSocket.OPEN).length,
        'sockets',
      );
      try {
        const publisher = new Publisher(server.socketUrl);
        await Promise.race([publisher.start('a-call'), publisher.closed]);
        if (publisher.socket.readyState !== WebSocket.OPEN) throw new Error('another address was turned away');
      } finally {
        for (const socket of greedy) socket.terminate();
      }
    },
  },
];
