import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { startForeignReader } from '../../../../../server/ingest/file/formats/foreign-reader.ts';

const PART = { offsetBytes: 0, sizeBytes: 100 };

/** A thread that answers nothing by itself. */
class SilentThread extends EventEmitter {
  isEnded = false;
  ref(): void {}
  unref(): void {}
  postMessage(): void {}
  async terminate(): Promise<number> {
    this.isEnded = true;
    return 1;
  }
}

async function start() {
  const thread = new SilentThread();
  const scheduler = new VirtualTimeScheduler();
  const reader = await startForeignReader('/nowhere', null, {
    limitMs: 1000,
    clock: { now: () => scheduler.now(), scheduler },
    startThread: () => thread as unknown as Worker,
  });
  return { thread, scheduler, reader };
}

describe('the thread that reads a recording', () => {
  it('is ended when an answer takes too long', async () => {
    const { thread, scheduler, reader } = await start();
    const opened = reader.open(PART);
    scheduler.flush();
    await expect(opened).rejects.toThrowError('reading the next part took longer than 1000 ms');
    expect(thread.isEnded).toBe(true);
    await expect(reader.next()).rejects.toThrowError('reading the next part took longer than 1000 ms');
  });

  it('fails alone, and its error keeps the cause', async () => {
    const { thread, reader } = await start();
    const opened = reader.open(PART);
    const cause = new Error('out of memory');
    thread.emit('error', cause);
    thread.emit('exit');
    await expect(opened).rejects.toMatchObject({ message: 'its thread ended', cause });
  });

  it('may go on after a failed answer, as with another part', async () => {
    const { thread, reader } = await start();
    const opened = reader.open(PART);
    thread.emit('message', { kind: 'error', message: 'FFmpeg refused it with -1' });
    await expect(opened).rejects.toThrowError('FFmpeg refused it with -1');
    const again = reader.read(0, null);
    thread.emit('message', { kind: 'reading' });
    await expect(again).resolves.toBeUndefined();
  });

  it('ends when the recording is closed', async () => {
    const { thread, reader } = await start();
    const next = reader.next();
    reader.close();
    await expect(next).rejects.toThrowError('the recording is closed');
    expect(thread.isEnded).toBe(true);
  });
});
