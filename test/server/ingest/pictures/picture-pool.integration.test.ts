import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { type StillImage, systemClock } from '../../../../pipeline/index.ts';
import { PictureError } from '../../../../server/ingest/pictures/picture-error.ts';
import { PicturePool, type PicturePoolOptions } from '../../../../server/ingest/pictures/picture-pool.ts';
import { startPictureThread } from '../../../../server/ingest/pictures/picture-worker.ts';
import { portraitJpeg } from '../../../support/faces/pictures.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

/**
 * A thread that takes the first byte of a picture for what to do: 0 answers, 1 never ends, 2 breaks down; any other is how
 * many ms it takes. The answer's width is the second byte.
 */
const SCRIPTED = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ bytes }) => {
    const [what, widthPx] = bytes;
    if (what === 1) for (;;);
    if (what === 2) throw new Error('broken');
    const untilMs = performance.now() + what;
    while (performance.now() < untilMs);
    parentPort.postMessage({ kind: 'decoded', image: { widthPx, heightPx: 1, bytes: new Uint8Array(3) } });
  });
  parentPort.postMessage({ kind: 'ready' });
`;
const scripted = () => new Worker(SCRIPTED, { eval: true });
/** Raw, and wide enough to need a thread. */
function picture(what: number, answer = 1, heightPx = 1): StillImage {
  const bytes = new Uint8Array(WIDTH_PX * heightPx * 3);
  bytes.set([what, answer]);
  return { encoding: 'rgb24', widthPx: WIDTH_PX, heightPx, bytes };
}
const WIDTH_PX = 641;
const ENDLESS = picture(1);

const pools: PicturePool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function openPool(options: Partial<PicturePoolOptions> = {}) {
  const dropped: string[] = [];
  const onDrop = (code: string) => dropped.push(code);
  const pool = new PicturePool({ clock: systemClock, timeoutMs: 60_000, startThread: scripted, onDrop, ...options });
  pools.push(pool);
  return { pool, dropped };
}

describe('PicturePool', () => {
  it('decodes on threads of its own, and passes refusals on', async () => {
    const { pool, dropped } = openPool({ startThread: startPictureThread });
    const decode = pool.openSession('a');
    const bytes = new Uint8Array(await sharp(portraitJpeg()).resize(640, 480).jpeg().toBuffer());
    const image = await decode({ encoding: 'jpeg', bytes });
    expect([image.widthPx, image.heightPx, image.bytes.length]).toEqual([640, 480, 640 * 480 * 3]);
    // The picture is still there: a second utterance may need it.
    expect((await decode({ encoding: 'jpeg', bytes })).bytes).toEqual(image.bytes);
    await expect(decode({ encoding: 'png', bytes })).rejects.toMatchObject({ code: 'unreadable' });
    expect(dropped).toEqual(['unreadable']);
  });

  it('decodes bytes that lie in memory shared with others, and leaves it to them', async () => {
    const { pool } = openPool({ startThread: startPictureThread });
    const shared = Buffer.concat([Buffer.from('before'), portraitJpeg(), Buffer.from('behind')]);
    const bytes = shared.subarray(6, -6);
    const image = await pool.openSession('a')({ encoding: 'jpeg', bytes });
    expect(image.widthPx).toBe(256);
    expect(shared.toString('latin1', 0, 6)).toBe('before');
  });

  it('starts no thread before a picture comes, and none for a raw one that is small', async () => {
    const { pool } = openPool();
    const raw = { encoding: 'rgb24', widthPx: 2, heightPx: 1, bytes: new Uint8Array(6) } as const;
    expect((await pool.openSession('a')(raw)).bytes).toBe(raw.bytes);
    expect(pool.threads).toBe(0);
  });

  it('ends the thread of a picture that takes too long, and goes on with another', async () => {
    const { pool, dropped } = openPool({ timeoutMs: 300 });
    const decode = pool.openSession('a');
    await expect(decode(ENDLESS)).rejects.toMatchObject({ code: 'timeout' });
    expect((await decode(picture(0, 7))).widthPx).toBe(7);
    expect(dropped).toEqual(['timeout']);
  });

  it('ends a real decoder in the middle of its work', async () => {
    const { pool } = openPool({ startThread: startPictureThread, timeoutMs: 1 });
    const bytes = new Uint8Array(await sharp(portraitJpeg()).resize(4000, 2000, { fit: 'fill' }).webp().toBuffer());
    await expect(pool.openSession('a')({ encoding: 'webp', bytes })).rejects.toMatchObject({ code: 'timeout' });
  });

  it('gives a session with one picture its turn beside one with hundreds', async () => {
    const { pool } = openPool();
    const flood = pool.openSession('flood');
    const camera = pool.openSession('camera');
    await camera(picture(0));
    let floodDone = 0;
    const flooded = Array.from({ length: 300 }, () =>
      flood(picture(20)).then(
        () => floodDone++,
        () => {},
      ),
    );
    await expect.poll(() => floodDone).toBeGreaterThan(0);
    for (let i = 0; i < 5; i++) {
      const before = floodDone;
      await camera(picture(0));
      expect(floodDone - before).toBeLessThanOrEqual(3);
    }
    await pool.close();
    await Promise.all(flooded);
    expect(floodDone).toBeLessThan(300);
  });

  it('keeps a thread for the others when a session sends pictures without an end', async () => {
    const { pool } = openPool();
    const hostile = pool.openSession('hostile');
    const endless = Array.from({ length: 10 }, () => hostile(ENDLESS).catch((error) => error.code));
    for (let i = 0; i < 5; i++) expect((await pool.openSession(`camera-${i}`)(picture(0, i))).widthPx).toBe(i);
    await pool.close();
    expect(new Set(await Promise.all(endless))).toEqual(new Set(['closed']));
  });

  it('keeps a thread for small pictures, however many sessions send large ones', async () => {
    const { pool } = openPool();
    const large = Array.from({ length: 5 }, (_, i) => {
      const decode = pool.openSession(`large-${i}`);
      return decode(picture(1, 1, 4000)).catch((error) => error.code);
    });
    for (let i = 0; i < 5; i++) expect((await pool.openSession(`camera-${i}`)(picture(0, i))).widthPx).toBe(i);
    await pool.close();
    expect(new Set(await Promise.all(large))).toEqual(new Set(['closed']));
  });

  it('shares by time: pictures that take long come less often', async () => {
    const { pool } = openPool();
    const done: string[] = [];
    const send = (name: string, ms: number, count: number) => {
      const decode = pool.openSession(name);
      return Array.from({ length: count }, () =>
        decode(picture(ms)).then(
          () => done.push(name),
          () => {},
        ),
      );
    };
    const all = [...send('slow', 60, 40), ...send('slow as well', 60, 40), ...send('quick', 3, 40)];
    await expect.poll(() => done.filter((name) => name === 'quick').length).toBe(40);
    expect(done.length).toBeLessThan(80);
    await pool.close();
    await Promise.all(all);
  });

  it('drops the oldest picture of a session that has too much waiting, and no other session’s', async () => {
    const { pool, dropped } = openPool({ maxSessionBytes: 3 * (WIDTH_PX * 3 + 1024) });
    const hostile = pool.openSession('hostile');
    const results = [ENDLESS, ...new Array(5).fill(picture(0))].map((image) =>
      hostile(image).catch((error) => error.code),
    );
    await expect.poll(() => dropped.length).toBeGreaterThan(0);
    expect((await pool.openSession('camera')(picture(0, 9))).widthPx).toBe(9);
    expect(pool.waiting).toBeLessThanOrEqual(3);
    expect(new Set(dropped)).toEqual(new Set(['overloaded']));
    await pool.close();
    await Promise.all(results);
  });

  it('decodes nothing that nobody waits for', async () => {
    const { pool, dropped } = openPool();
    const decode = pool.openSession('a');
    const controller = new AbortController();
    const first = decode(picture(60));
    const second = decode(picture(0), controller.signal);
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'abandoned' });
    await first;
    expect(dropped).toEqual(['abandoned']);
  });

  it('starts again after a crash, later each time, and says why it crashed', async () => {
    const clock = new ManualClock();
    const crashes: PictureError[] = [];
    const { pool } = openPool({ clock, onCrash: (error) => crashes.push(error) });
    const decode = pool.openSession('a');
    await expect(decode(picture(2))).rejects.toMatchObject({ code: 'crashed' });
    expect(crashes[0]?.cause).toMatchObject({ message: 'broken' });
    await expect(decode(picture(0))).rejects.toMatchObject({ code: 'crashed' });
    clock.advance(100);
    expect((await decode(picture(0, 5))).widthPx).toBe(5);
  });

  it('rejects what waits when its threads cannot start', async () => {
    const { pool } = openPool({ startThread: () => new Worker('throw new Error("no memory")', { eval: true }) });
    const results = await Promise.allSettled([0, 1, 2].map(() => pool.openSession('a')(picture(0))));
    expect(results.map((result) => result.status === 'rejected' && result.reason.code)).toEqual(
      new Array(3).fill('crashed'),
    );
  });

  it('closes at once, whatever is decoded, and takes nothing more', async () => {
    const { pool } = openPool();
    const results = [pool.openSession('a')(ENDLESS), pool.openSession('a')(picture(0)), pool.openSession('b')(ENDLESS)];
    const rejected = Promise.allSettled(results);
    await sleep(50);
    await pool.close();
    for (const result of await rejected) expect(result).toMatchObject({ reason: { code: 'closed' } });
    await expect(pool.openSession('c')(picture(0))).rejects.toBeInstanceOf(PictureError);
  });
});
