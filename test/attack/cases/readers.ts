import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { SUBSCRIBE_SUBPROTOCOL } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { until } from '../../support/until.ts';
import type { AttackCase } from '../attack-case.ts';
import { callBeside, mustHaveTold, slowdown } from '../neighbour.ts';
import { RawConnections } from '../raw-connections.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const READERS = { UNDERTONE_MAX_CONNECTIONS: '12000', UNDERTONE_MAX_READERS: '11000' };
const MANY = { ...READERS, UNDERTONE_MAX_READERS_PER_SESSION: '11000', UNDERTONE_MAX_CONNECTIONS_PER_ADDRESS: '11500' };

const askForStream = (session: string) =>
  `GET /v1/sessions/${session}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`;

/** Opens a session whose words become events: each call of `speak` makes one of at least so many characters. */
async function openTalk(server: ServerUnderAttack, sessionId: string) {
  const publisher = await new Publisher(server.socketUrl).start(sessionId);
  const participant = { id: 'bea', role: 'customer' } as const;
  publisher.send({ type: 'track.add', track: 2, participant, media: { kind: 'transcript' } });
  let count = 0;
  const speak = (characters: number): void => {
    const times = { startMs: count * 900, endMs: count * 900 + 800 };
    const text = 'word '.repeat(characters / 5);
    publisher.send({ type: 'transcript', track: 2, segmentId: `s${count}`, ...times, text, final: true });
    count += 1;
  };
  return { publisher, speak };
}

interface Audience extends Disposable {
  readonly sockets: readonly WebSocket[];
}

interface AudienceOptions {
  readonly session: string;
  readonly count: number;
  readonly localAddress?: string;
}

async function openSubscribers(server: ServerUnderAttack, options: AudienceOptions): Promise<Audience> {
  const { session, count, localAddress } = options;
  const sockets: WebSocket[] = [];
  for (let i = 0; i < count; i += 1) {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = new WebSocket(`${server.socketUrl}/v1/subscribe`, SUBSCRIBE_SUBPROTOCOL, from);
    socket.on('error', () => {});
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', version: 1, sessionId: session })));
    sockets.push(socket);
    if (i % 50 === 49) await sleep(50);
  }
  const dispose = () => {
    for (const socket of sockets) socket.terminate();
  };
  return { sockets, [Symbol.dispose]: dispose };
}

export const cases: readonly AttackCase[] = [
  {
    name: 'readers that do not read cost a position, not memory',
    async run(attack) {
      const server = await attack.share({ env: MANY });
      const { speak } = await openTalk(server, 'a-call-that-nobody-reads');
      const count = attack.rounds(150, 800);
      using _streams = await RawConnections.open(server.url, {
        count,
        hello: askForStream('a-call-that-nobody-reads'),
        reads: false,
      });
      await until(async () => (await server.metric('undertone_event_streams_open')) === count, attack.signal);
      const before = server.residentMib();
      let peak = 0;
      // More than the system buffers for a connection, so that the rest waits in the server.
      for (let i = 0; i < 900; i += 1) {
        speak(9500);
        await sleep(10);
        if (i % 20 === 0) peak = Math.max(peak, server.residentMib() - before);
      }
      for (let i = 0; i < attack.rounds(10, 30); i += 1) {
        await sleep(200);
        peak = Math.max(peak, server.residentMib() - before);
      }
      attack.figure('memory at the peak', peak, 'MiB');
      await server.mustAnswer();
      if (peak > 150) throw new Error(`${count} readers took ${peak.toFixed(0)} MiB`);
    },
  },
  {
    name: 'thousands of readers do not make the calls wait',
    async run(attack) {
      const server = await attack.share({ env: MANY });
      const call = { untilMs: attack.rounds(9200, 30_000), calls: 1 };
      const session = 'a-call-with-an-audience';
      const { speak } = await openTalk(server, session);
      const talk = setInterval(() => speak(100), 500);
      attack.signal.addEventListener('abort', () => clearInterval(talk));
      // The talk is analysed in both: what differs is who listens.
      const quiet = attack.form === 'long' ? await callBeside(server, call) : null;
      const half = attack.rounds(400, 2500);
      using subscribers = await openSubscribers(server, { session, count: half });
      let received = 0;
      for (const socket of subscribers.sockets) {
        socket.on('message', () => {
          received += 1;
        });
      }
      using _streams = await RawConnections.open(server.url, { count: half, hello: askForStream(session) });
      const beside = await callBeside(server, call);
      attack.figure('events sent to WebSockets', received, 'events');
      attack.figure('first score p95, beside the readers', beside.firstP95Ms, 'ms');
      attack.figure('words p95, beside the readers', beside.wordsP95Ms, 'ms');
      if (quiet !== null) {
        const { first, words } = slowdown(quiet, beside);
        attack.figure('first score p95, quiet', quiet.firstP95Ms, 'ms');
        attack.figure('words p95, quiet', quiet.wordsP95Ms, 'ms');
        attack.figure('slowdown of first scores', first, 'times');
        attack.figure('slowdown of words', words, 'times');
      }
      await until(() => received >= half, attack.signal);
      mustHaveTold(beside);
    },
  },
  {
    name: 'readers beyond the limits are told so, and leave places to publishers',
    async run(attack) {
      const server = await attack.start();
      const session = 'a-call-with-too-many-readers';
      await openTalk(server, session);
      using first = await openSubscribers(server, { session, count: 480, localAddress: '127.0.0.2' });
      using second = await openSubscribers(server, { session, count: 480, localAddress: '127.0.0.3' });
      using third = await openSubscribers(server, { session, count: 480, localAddress: '127.0.0.4' });
      const sockets = [...first.sockets, ...second.sockets, ...third.sockets];
      const codes: number[] = [];
      for (const socket of sockets) socket.on('close', (code) => codes.push(code));
      const settled = () => sockets.every(({ readyState }) => readyState !== WebSocket.CONNECTING);
      while (!settled()) await sleep(100, undefined, { signal: attack.signal });
      await sleep(2000);
      const reading = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
      attack.figure('readers that were let in', reading, 'readers');
      const publisher = new Publisher(server.socketUrl);
      await Promise.race([publisher.start('another-call'), publisher.closed]);
      if (publisher.socket.readyState !== WebSocket.OPEN) throw new Error('a publisher was turned away');
      if (reading > 500) throw new Error(`${reading} readers of one session were let in`);
      using stream = await RawConnections.open(server.url, { count: 1, hello: askForStream(session) });
      while (stream.received === '') await sleep(100, undefined, { signal: attack.signal });
      if (!/^HTTP\/1\.1 503 [\s\S]*retry-after: \d/i.test(stream.received)) {
        throw new Error(`an event stream was answered ${stream.received.slice(0, 60)}`);
      }
    },
  },
];
