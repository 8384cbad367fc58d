import type { RgbImage, StillImage } from '../../../pipeline/index.ts';
import type { PictureErrorCode } from './picture-error.ts';

/** Main thread → picture thread: one picture at a time. */
export type PictureRequest = StillImage;

/** Picture thread → main thread. */
export type PictureReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'decoded'; readonly image: RgbImage }
  | { readonly kind: 'refused'; readonly code: PictureErrorCode; readonly message: string };
