import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { PUBLISH_SUBPROTOCOL } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { holdsWithin } from '../../support/until.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const TOKEN = 'token-of-a-server-that-lasts';
const SESSIONS_PER_SECOND = { short: 4, long: 2 };
/** What a session sends, in packets of 20 ms, before it ends. */
const PACKETS_PER_SESSION = 50;
const SAMPLE_EVERY_MS = 5000;
/** The first part of a run, in which heap and caches grow to their working size. */
const WARM_UP_SHARE = 0.3;
/** Growth of memory over the rest, as a share of its mean, and handles that may be open in the end beside the first ones. */
const MOST_GROWTH = 0.05;
const SPARE_HANDLES = 4;
/** Ended sessions leave their sockets and timers behind only for a moment, also on a busy machine. In ms. */
const SETTLE_MS = 60_000;

export const cases: readonly AttackCase[] = [
  {
    name: 'sessions that open and close for a long time beside malformed clients leave no memory and no handles behind',
    timeoutMs: 30 * 60_000,
    async run(attack) {
      const server = await attack.start({
        token: TOKEN,
        env: { UNDERTONE_RECONNECT_GRACE_MS: '200', UNDERTONE_LOG_LEVEL: 'error' },
      });
      const handlesBefore = server.openHandles();
      const durationMs = attack.rounds(8000, 20 * 60_000);
      const endAtMs = performance.now() + durationMs;
      const mib: number[] = [];
      const isOver = () => attack.signal.aborted || performance.now() > endAtMs;
      let failed = 0;
      const pending = new Set<Promise<void>>();
      const keep = (work: Promise<void>) => {
        const kept = work.catch(() => {
          failed += 1;
        });
        pending.add(kept);
        void kept.then(() => pending.delete(kept));
      };
      const sampler = setInterval(() => mib.push(server.residentMib()), SAMPLE_EVERY_MS);
      let opened = 0;
      while (!isOver()) {
        keep(shortSession(server, attack.signal));
        keep(malformedClient(server, attack));
        opened += 1;
        await sleep(1000 / SESSIONS_PER_SECOND[attack.form]);
      }
      clearInterval(sampler);
      await Promise.all(pending);
      const left = () => server.openHandles() - handlesBefore;
      await holdsWithin(SETTLE_MS, () => left() <= SPARE_HANDLES);
      await server.mustAnswer();
      const settled = mib.slice(Math.floor(mib.length * WARM_UP_SHARE));
      const growth = settled.length < 8 ? 0 : fittedGrowth(settled);
      const handlesLeft = left();
      attack.figure('sessions', opened, 'opened and closed');
      attack.figure('memory', settled.at(-1) ?? server.residentMib(), 'MiB at the end');
      attack.figure('growth of memory after the warm-up', 100 * growth, '%');
      attack.figure('handles left behind', handlesLeft, '');
      if (failed > 0) throw new Error(`${failed} clients were not served`);
      if (attack.form === 'long' && growth > MOST_GROWTH) {
        throw new Error(
          `memory grew by ${(100 * growth).toFixed(1)} %: ${mib.map((value) => value.toFixed(0)).join(' ')}`,
        );
      }
      if (handlesLeft > SPARE_HANDLES) throw new Error(`${handlesLeft} handles were left behind`);
    },
  },
];

/** A whole session, opened and ended by the rules. */
async function shortSession(server: ServerUnderAttack, signal: AbortSignal): Promise<void> {
  const publisher = await new Publisher(server.socketUrl, { ...server.headers }).start();
  const noise = new Uint8Array(640);
  for (let packet = 0; packet < PACKETS_PER_SESSION && !signal.aborted; packet += 1) {
    for (let i = 0; i < noise.length; i += 1) noise[i] = (i * packet * 7) % 256;
    publisher.sendAudio(packet * 20, noise);
    if (packet % 10 === 9) await sleep(100);
  }
  publisher.send({ type: 'session.end' });
  const { code } = await publisher.closed;
  if (code !== 1000) throw new Error(`the session was closed with ${code}`);
}

/** One of several ways to be a bad client, by chance. Each is gone within seconds. */
async function malformedClient(server: ServerUnderAttack, { random }: AttackContext): Promise<void> {
  const ways = [randomFrames, halfARequest, wrongToken, silentSocket];
  await ways[Math.floor(random() * ways.length)]!(server, random);
}

async function randomFrames(server: ServerUnderAttack, random: () => number): Promise<void> {
  const publisher = await new Publisher(server.socketUrl, { ...server.headers }).start();
  for (let i = 0; i < 20; i += 1) {
    publisher.socket.send(Uint8Array.from({ length: random() * 200 }, () => random() * 256));
  }
  publisher.socket.send('{"type":');
  await publisher.closed;
}

async function halfARequest(server: ServerUnderAttack): Promise<void> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('POST /v1/whip HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nv=0');
  await sleep(500);
  socket.destroy();
}

async function wrongToken(server: ServerUnderAttack): Promise<void> {
  await fetch(`${server.url}/v1/sessions`, { headers: { authorization: 'Bearer not-the-token-of-it' } });
}

async function silentSocket(server: ServerUnderAttack): Promise<void> {
  const socket = new WebSocket(`${server.socketUrl}/v1/publish`, [PUBLISH_SUBPROTOCOL], {
    headers: { ...server.headers },
  });
  socket.on('error', () => {});
  await sleep(1000);
  socket.terminate();
}

/** Growth over all values by a fitted line, as a share of their mean. */
function fittedGrowth(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let covariance = 0;
  let variance = 0;
  for (const [index, value] of values.entries()) {
    covariance += (index - middle) * (value - mean);
    variance += (index - middle) ** 2;
  }
  return ((covariance / variance) * values.length) / mean;
}
