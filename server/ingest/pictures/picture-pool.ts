import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { FairQueue } from '../../../models/index.ts';
import type { Clock, DecodeImage, RgbImage, StillImage } from '../../../pipeline/index.ts';
import { MIB } from '../../byte-units.ts';
import { MAX_DECODED_SIDE_PX } from './fit-picture.ts';
import { inspectPicture } from './inspect-picture.ts';
import { PictureError, type PictureErrorCode } from './picture-error.ts';
import { assertRaw } from './picture-header.ts';
import { PictureWorker, startPictureThread } from './picture-worker.ts';

export interface PicturePoolOptions {
  readonly clock: Clock;
  /** Longest time that a picture is decoded, in ms; then its thread is ended. */
  readonly timeoutMs: number;
  /** Told why a picture was not decoded. */
  readonly onDrop?: (code: PictureErrorCode) => void;
  /** Told when a thread broke down, with the cause. */
  readonly onCrash?: (error: PictureError) => void;
  /** Threads at most; at least 2, so that no session can hold all. Default: a quarter of the cores. */
  readonly maxThreads?: number;
  /** Bytes of a session's pictures that may wait. Default 16 MiB. */
  readonly maxSessionBytes?: number;
  /** Bytes that may wait in all. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Starts a thread. Default: `picture-thread.ts`. */
  readonly startThread?: () => Worker;
}

/** A picture of more pixels is large: full HD is not. */
const LARGE_PIXELS = 2 * 1024 * 1024;
/** What a waiting picture costs beside its bytes, so that a flood of tiny ones is bounded too. */
const OVERHEAD_BYTES = 1024;
const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;

/** One session's pictures. */
interface Flow {
  readonly name: string;
  /** Pictures that are decoded now. */
  running: number;
}

interface WaitingPicture {
  readonly flow: Flow;
  readonly isLarge: boolean;
  readonly image: StillImage;
  readonly signal: AbortSignal | undefined;
  resolve(image: RgbImage): void;
  reject(error: unknown): void;
}

/**
 * Threads that decode pictures, off the event loop and apart from everything else. A picture that takes too long costs its
 * thread, which is replaced. Each session gets the same share of the threads' time, whatever the others send. No session,
 * and no number of large pictures, holds more than half of the threads at once.
 */
export class PicturePool {
  readonly #options: PicturePoolOptions;
  readonly #maxThreads: number;
  readonly #queue: FairQueue<WaitingPicture>;
  readonly #workers = new Set<PictureWorker>();
  readonly #idle: PictureWorker[] = [];
  #largeRunning = 0;
  #crashesInARow = 0;
  #restartAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: PicturePoolOptions) {
    const { maxThreads = Math.floor(availableParallelism() / 4), maxSessionBytes, maxBytes } = options;
    this.#options = options;
    this.#maxThreads = Math.max(2, maxThreads);
    this.#queue = new FairQueue({ maxSize: maxBytes ?? 64 * MIB, maxFlowSize: maxSessionBytes ?? 16 * MIB });
  }

  /** Pictures that wait for a thread. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Threads that decode, wait, or start. */
  get threads(): number {
    return this.#workers.size;
  }

  /** A decoder for one session. It rejects with a PictureError. */
  openSession(sessionId: string): DecodeImage {
    const flow: Flow = { name: sessionId, running: 0 };
    return async (image, signal) => {
      try {
        if (image.encoding === 'rgb24') assertRaw(image);
        return isDecoded(image) ? image : await this.#wait(flow, image, signal);
      } catch (error) {
        if (error instanceof PictureError) this.#options.onDrop?.(error.code);
        throw error;
      }
    };
  }

  /** Ends the threads at once, whatever they do. What was asked for is rejected as `closed`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rejectWaiting(closed());
    await Promise.all([...this.#workers].map((worker) => worker.end(closed())));
  }

  #wait(flow: Flow, image: StillImage, signal: AbortSignal | undefined): Promise<RgbImage> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const { widthPx, heightPx } = image.encoding === 'rgb24' ? image : inspectPicture(image.encoding, image.bytes);
      const isLarge = widthPx * heightPx > LARGE_PIXELS;
      const picture: WaitingPicture = { flow, isLarge, image, signal, resolve, reject };
      for (const { item } of this.#queue.push(flow.name, picture, 1, image.bytes.byteLength + OVERHEAD_BYTES)) {
        item.reject(new PictureError('overloaded', 'too many pictures wait to be decoded'));
      }
      this.#dispatch();
    });
  }

  /** Gives waiting pictures to threads that are idle, and starts one more when there are too few. */
  #dispatch(): void {
    while (this.#idle.length > 0) {
      const picture = this.#next();
      if (picture === null) break;
      void this.#decode(this.#idle.pop()!, picture);
    }
    if (this.#queue.length > 0 && this.#workers.size < this.#maxThreads) this.#start();
  }

  #next(): WaitingPicture | null {
    const half = Math.floor(this.#maxThreads / 2);
    for (;;) {
      const picture = this.#queue.take(
        ({ flow, isLarge }) => flow.running < half && !(isLarge && this.#largeRunning >= half),
      );
      if (picture === undefined) return null;
      if (picture.signal?.aborted !== true) return picture;
      picture.reject(new PictureError('abandoned', 'nobody waits for the picture any more'));
    }
  }

  #start(): void {
    const { clock, startThread = startPictureThread } = this.#options;
    if (clock.now() < this.#restartAtMs) {
      if (this.#workers.size === 0) this.#rejectWaiting(new PictureError('crashed', 'the picture threads start again'));
      return;
    }
    const worker = new PictureWorker(startThread);
    this.#workers.add(worker);
    worker.ready.then(
      () => this.#free(worker),
      (error: PictureError) => {
        this.#crashed(worker, error);
        if (this.#workers.size === 0) this.#rejectWaiting(error);
      },
    );
  }

  async #decode(worker: PictureWorker, picture: WaitingPicture): Promise<void> {
    const { flow, isLarge, image, resolve, reject } = picture;
    const { clock, timeoutMs } = this.#options;
    const sinceMs = clock.now();
    const limit = clock.scheduler.schedule(() => {
      void worker.end(new PictureError('timeout', `a picture took over ${timeoutMs} ms to decode`));
    }, timeoutMs);
    flow.running += 1;
    if (isLarge) this.#largeRunning += 1;
    try {
      resolve(await worker.decode(image));
      this.#crashesInARow = 0;
    } catch (error) {
      reject(error);
      if (error instanceof PictureError && error.code === 'crashed') this.#crashed(worker, error);
    }
    limit.unsubscribe();
    flow.running -= 1;
    if (isLarge) this.#largeRunning -= 1;
    this.#queue.charge(flow.name, Math.max(0, clock.now() - sinceMs));
    this.#free(worker);
  }

  #free(worker: PictureWorker): void {
    if (worker.isBroken) this.#workers.delete(worker);
    else this.#idle.push(worker);
    if (!this.#isClosed) this.#dispatch();
  }

  #crashed(worker: PictureWorker, error: PictureError): void {
    this.#workers.delete(worker);
    if (this.#isClosed) return;
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** this.#crashesInARow);
    this.#crashesInARow += 1;
    this.#restartAtMs = this.#options.clock.now() + delayMs;
    this.#options.onCrash?.(error);
  }

  #rejectWaiting(error: PictureError): void {
    for (const { reject } of this.#queue.clear()) reject(error);
  }
}

/** Whether the picture is raw and needs no work. */
function isDecoded(image: StillImage): image is Extract<StillImage, { encoding: 'rgb24' }> {
  return image.encoding === 'rgb24' && Math.max(image.widthPx, image.heightPx) <= MAX_DECODED_SIDE_PX;
}

function closed(): PictureError {
  return new PictureError('closed', 'the server shuts down');
}
