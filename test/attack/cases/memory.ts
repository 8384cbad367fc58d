import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { encodeMediaPacket, PUBLISH_SUBPROTOCOL, type SessionList } from '../../../client-sdk/protocol/index.ts';
import { MIB } from '../../../server/byte-units.ts';
import { Publisher } from '../../support/server/peers.ts';
import type { AttackCase } from '../attack-case.ts';
import { callBeside, mustHaveTold } from '../neighbour.ts';
import { RawConnections } from '../raw-connections.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

/** The idle server takes some 400 to 500 MiB of it: one analysis thread per core but one. */
const BUDGET_MIB = 850;
const BUDGET = { env: { UNDERTONE_MEMORY_BUDGET_MIB: String(BUDGET_MIB) } };
/** What a watch that looks four times a second may be late by, with what is not collected yet. */
const LATE_MIB = 120;

/** What all event logs may have of such a budget, and somewhat more. */
const EVENTS_MIB = 110;

/** Opens a call. A server that is short of memory for a moment refuses it, and then takes it. */
async function startWhenThereIsRoom(
  server: ServerUnderAttack,
  sessionId: string,
  signal: AbortSignal,
): Promise<Publisher> {
  for (;;) {
    const publisher = new Publisher(server.socketUrl);
    const started = await publisher.start(sessionId).catch(() => null);
    if (started !== null) return started;
    server.mustRun();
    await sleep(500, undefined, { signal });
  }
}

/** Bytes of the events of all calls that the server still has. */
async function readableBytes(server: ServerUnderAttack): Promise<number> {
  const { sessions } = (await (await fetch(`${server.url}/v1/sessions`)).json()) as SessionList;
  let bytes = 0;
  for (const { sessionId, lastSequence } of sessions) {
    for (let after = 0; after < lastSequence; ) {
      const text = await (await fetch(`${server.url}/v1/sessions/${sessionId}/events?after=${after}`)).text();
      bytes += text.length;
      after = (JSON.parse(text) as { nextAfter: number }).nextAfter;
    }
  }
  return bytes;
}

/** Samples memory while something runs. */
async function peakDuring(server: ServerUnderAttack, work: Promise<unknown>): Promise<number> {
  let peak = 0;
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    peak = Math.max(peak, server.residentMib());
    await sleep(50);
  }
  await done;
  return peak;
}

/** A small JPEG that its comments make large: what it takes to decode does not limit how many may come. */
async function largeJpeg(): Promise<Buffer> {
  const create = { width: 64, height: 64, channels: 3, background: '#777' } as const;
  const jpeg = await sharp({ create }).jpeg().toBuffer();
  const comment = Buffer.alloc(0xffff + 2, 0x20);
  comment.set([0xff, 0xfe, 0xff, 0xff]);
  return Buffer.concat([jpeg.subarray(0, 2), ...new Array<Buffer>(16).fill(comment), jpeg.subarray(2)]);
}

/** A publisher of 30 cameras that sends large pictures as fast as one may, until it is closed or the time is up. */
async function floodPictures(server: ServerUnderAttack, untilMs: number): Promise<void> {
  const publisher = await new Publisher(server.socketUrl).opened();
  publisher.send({ type: 'session.start', version: 1 });
  await publisher.untilType('session.ready');
  const media = { kind: 'video', encoding: 'jpeg' } as const;
  for (let track = 1; track <= 30; track += 1) {
    publisher.send({ type: 'track.add', track, participant: { id: `p${track}` }, media });
  }
  const picture = await largeJpeg();
  const startedMs = performance.now();
  for (let i = 0; publisher.socket.readyState === 1 && performance.now() < untilMs; i += 1) {
    const mediaTimeMs = Math.floor(performance.now() - startedMs);
    const track = 1 + (i % 30);
    publisher.socket.send(encodeMediaPacket({ kind: 'video', track, mediaTimeMs, payload: picture }));
    // Somewhat under the rate that is allowed.
    while (publisher.socket.bufferedAmount > 2 * MIB && publisher.socket.readyState === 1) await sleep(5);
    await sleep(75);
  }
  publisher.socket.terminate();
}

/** Each case has a server of its own: one whose memory another case has just filled may refuse calls for a while. */
export const cases: readonly AttackCase[] = [
  {
    name: 'publishers within their limits do not take more memory than the server may have',
    async run(attack) {
      const server = await attack.start(BUDGET);
      const before = server.residentMib();
      const playMs = attack.rounds(9200, 40_000);
      const untilMs = performance.now() + playMs + 5000;
      const neighbour = callBeside(server, { calls: 1, untilMs: playMs });
      const peak = peakDuring(
        server,
        sleep(2000).then(() => Promise.all([1, 2, 3, 4].map(() => floodPictures(server, untilMs)))),
      );
      const report = await neighbour;
      const peakMib = await peak;
      attack.figure('memory before', before, 'MiB');
      attack.figure('memory at the peak', peakMib, 'MiB');
      attack.figure('neighbour’s first score, p95', report.firstP95Ms, 'ms');
      attack.figure(
        'bytes of pictures let go',
        await server.metric('undertone_memory_trimmed_bytes_total{reason="held"}'),
        'bytes',
      );
      await server.mustAnswer();
      mustHaveTold(report);
      if (peakMib > BUDGET_MIB + LATE_MIB) throw new Error(`the server took ${peakMib.toFixed(0)} MiB`);
    },
  },
  {
    name: 'messages that are never whole do not take more memory than the server may have',
    async run(attack) {
      const server = await attack.start(BUDGET);
      const hello = `GET /v1/publish HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${PUBLISH_SUBPROTOCOL}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
      // A binary frame of 4,000,000 bytes, of which the last never comes.
      const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x3d, 0x09, 0x00, 0, 0, 0, 0]);
      const bytes = Buffer.concat([Buffer.from(hello), head, Buffer.alloc(3_900_000, 1)]);
      const before = server.residentMib();
      const count = attack.rounds(150, 300);
      const peak = await peakDuring(
        server,
        (async () => {
          using _sockets = await RawConnections.open(server.url, { count, hello: bytes });
          await sleep(attack.rounds(2000, 8000));
        })(),
      );
      attack.figure('memory before', before, 'MiB');
      attack.figure('memory at the peak', peak, 'MiB');
      await server.mustAnswer();
      if (peak > BUDGET_MIB + LATE_MIB) throw new Error(`the server took ${peak.toFixed(0)} MiB`);
      const publisher = await startWhenThereIsRoom(server, 'after', attack.signal);
      publisher.socket.terminate();
    },
  },
  {
    name: 'events of ended calls do not add up',
    async run(attack) {
      const server = await attack.start(BUDGET);
      const before = server.residentMib();
      for (let call = 0; call < attack.rounds(8, 40); call += 1) {
        const publisher = await startWhenThereIsRoom(server, `call-${call}`, attack.signal);
        publisher.send({ type: 'track.add', track: 2, participant: { id: 'bea' }, media: { kind: 'transcript' } });
        for (let i = 0; i < 1000; i += 1) {
          const times = { startMs: i * 100, endMs: i * 100 + 90 };
          const text = 'w'.repeat(9900);
          publisher.send({ type: 'transcript', track: 2, segmentId: `s${i}`, ...times, text, final: true });
          if (i % 50 === 49) await sleep(60);
        }
        publisher.send({ type: 'session.end' });
        // A call whose words are still analyzed holds memory of its own, and may keep the next one out.
        await Promise.race([publisher.closed, once(attack.signal, 'abort')]);
      }
      const readable = await readableBytes(server);
      attack.figure('memory before', before, 'MiB');
      attack.figure('memory after', server.residentMib(), 'MiB');
      attack.figure('events that can be read', readable / MIB, 'MiB');
      await server.mustAnswer();
      if (readable > EVENTS_MIB * MIB) throw new Error(`${(readable / MIB).toFixed(0)} MiB of events are held`);
    },
  },
];
