import type { Logger } from 'pino';
import type { Clock } from '../../../pipeline/index.ts';
import type { PictureErrorCode } from './picture-error.ts';
import { PicturePool } from './picture-pool.ts';

export interface OpenPicturesOptions {
  readonly config: { readonly pictureTimeoutMs: number };
  readonly clock: Clock;
  readonly meter: { pictureDropped(code: PictureErrorCode): void };
  readonly log: Logger;
}

/** The picture threads of a server. */
export function openPictures({ config, clock, meter, log }: OpenPicturesOptions): PicturePool {
  return new PicturePool({
    clock,
    timeoutMs: config.pictureTimeoutMs,
    onDrop: (code) => meter.pictureDropped(code),
    onCrash: (error) => log.error({ err: error }, 'a picture thread broke down; another one is started'),
  });
}
