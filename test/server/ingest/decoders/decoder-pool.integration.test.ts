import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type DecoderPool,
  type DecoderPoolOptions,
  openDecoderPool,
} from '../../../../server/ingest/decoders/decoder-pool.ts';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../../../server/ingest/decoders/media-decoder.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { portraitFilm } from '../../../support/webrtc/encoded-media.ts';

/** Decodes nothing; hangs in a packet that begins with 1, dies of one that begins with 2. */
const FAKE_THREAD = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ kind, packet }) => {
    if (kind === 'close') return;
    if (kind === 'decode' && packet.data[0] === 1) for (;;);
    if (kind === 'decode' && packet.data[0] === 2) throw new Error('it broke');
    parentPort.postMessage({ kind: 'frames', frames: [], memoryBytes: 1000 });
  });`;

const pools: DecoderPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function open(options: DecoderPoolOptions = {}): DecoderPool {
  const pool = openDecoderPool({ maxThreads: 1, ...options });
  pools.push(pool);
  return pool;
}

const fake = { startThread: () => new Worker(FAKE_THREAD, { eval: true }) };
const LIVE = { codec: 'vp8', isLive: true } as const;
const packet = (first: number) => ({ data: Uint8Array.of(first), ticket: 0 });

describe('the decoders', () => {
  it('decode each codec of live calls and recordings', async () => {
    const pool = open();
    for (const codec of [...AUDIO_CODECS, ...VIDEO_CODECS]) {
      // Opus, Vorbis and FLAC need what their container says of them: without it they may refuse, but are there.
      const decoder = await pool.open({ codec }).catch((error: Error) => error);
      if (decoder instanceof Error) expect(decoder.message).not.toContain('-1128613112');
      else decoder.close();
    }
    await expect(pool.open({ codec: 'hevc' as 'h264' })).rejects.toThrowError('-1128613112');
  });

  it('give up a stream whose packet takes too long, and no other', async () => {
    const clock = new ManualClock();
    const threads: Worker[] = [];
    const startThread = () => {
      threads.push(fake.startThread());
      return threads.at(-1)!;
    };
    const pool = open({ startThread, clock, limitMs: 5000 });
    const [bad, good] = [await pool.open(LIVE), await pool.open(LIVE)];
    const [hanging, waiting] = [bad.decode(packet(1)), good.decode(packet(0))];
    const refused = Promise.all([
      expect(hanging).rejects.toMatchObject({ code: 'hung' }),
      expect(waiting).rejects.toMatchObject({ code: 'stopped' }),
    ]);
    await Promise.resolve();
    const ended = once(threads[0]!, 'exit');
    clock.advance(4999);
    expect(pool.stats()).toMatchObject({ threads: 1, lostThreads: 0 });
    clock.advance(1);
    await refused;
    await ended;
    await expect(bad.decode(packet(0))).rejects.toMatchObject({ code: 'hung' });
    expect(await good.decode(packet(0))).toEqual([]);
    expect(pool.stats()).toMatchObject({ decoders: 2, threads: 1, lostThreads: 1, memoryBytes: 1000 });
  });

  it('go on after a thread died', async () => {
    const pool = open(fake);
    const decoder = await pool.open(LIVE);
    await expect(decoder.decode(packet(2))).rejects.toMatchObject({ code: 'stopped' });
    expect(await decoder.decode(packet(0))).toEqual([]);
    expect(pool.stats().lostThreads).toBe(1);
  });

  it('refuse further streams when as many are open as may be, or when they hold as much memory', async () => {
    const few = open({ ...fake, maxDecoders: 1 });
    const decoder = await few.open(LIVE);
    await expect(few.open(LIVE)).rejects.toMatchObject({ code: 'overloaded' });
    decoder.close();
    (await few.open(LIVE)).close();
    const small = open({ ...fake, maxMemoryBytes: 1500 });
    await small.open(LIVE);
    await small.open(LIVE);
    await expect(small.open(LIVE)).rejects.toMatchObject({ code: 'overloaded' });
    expect(few.stats()).toMatchObject({ decoders: 0, memoryBytes: 0 });
  });

  it('decode nothing more once the pool is closed', async () => {
    const pool = open();
    const decoder = await pool.open(LIVE);
    await pool.close();
    await expect(decoder.decode(packet(0))).rejects.toMatchObject({ code: 'stopped' });
    await expect(pool.open(LIVE)).rejects.toMatchObject({ code: 'stopped' });
  });

  it.each(['vp8', 'h264'] as const)(
    'survive any bytes in place of %s frames, within a live stream’s memory',
    async (codec) => {
      // Its time stands still: a busy machine would reach the limit per packet.
      const pool = open({ clock: new ManualClock() });
      const film = await portraitFilm(1, codec);
      const decoder = await pool.open({ codec, isLive: true });
      let ticket = 0;
      const decode = (data: Uint8Array) =>
        decoder.decode({ data, ticket: ++ticket, picture: { maxSidePx: 480 } }).catch(() => []);
      await fc.assert(
        fc.asyncProperty(
          fc.nat(film.length - 1),
          fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 20 }),
          fc.nat(4000),
          async (frame, changes, length) => {
            const data = new Uint8Array(film[frame]!.data).subarray(0, length);
            for (const [at, value] of changes) data[at % data.length] = value;
            await decode(data);
          },
        ),
        { numRuns: 300 },
      );
      expect(pool.stats()).toMatchObject({ threads: 1, lostThreads: 0 });
      expect(pool.stats().memoryBytes).toBeLessThanOrEqual(96 * 1024 * 1024);
      await decode(film[0]!.data);
      expect(await decode(film[0]!.data)).toMatchObject([{ kind: 'picture', widthPx: 320, heightPx: 240 }]);
    },
  );
});
