import type { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Clock } from '../../../pipeline/index.ts';
import type { PictureErrorCode } from './picture-error.ts';
import { PicturePool } from './picture-pool.ts';

export interface OpenPicturesOptions {
  /** Time limit for decoding one picture, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly meter: { pictureDropped(code: PictureErrorCode): void };
  readonly log: Logger;
  /** Starts a picture thread. Default: `picture-thread.ts`. */
  readonly startThread?: (() => Worker) | undefined;
}

/** Opens the server's picture threads. */
export function openPictures({ timeoutMs, clock, meter, log, startThread }: OpenPicturesOptions): PicturePool {
  return new PicturePool({
    clock,
    timeoutMs,
    ...(startThread !== undefined && { startThread }),
    onDrop: (code) => meter.pictureDropped(code),
    onCrash: (error) => log.error({ err: error }, 'a picture thread broke down; another one is started'),
  });
}
