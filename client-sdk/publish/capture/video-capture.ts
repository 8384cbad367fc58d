/// <reference lib="dom" preserve="true" />
import { drawPicture, openPictureSource } from './picture-source.ts';

/** How pictures are taken from a camera. */
export interface VideoCaptureOptions {
  /** Pictures a second, above 0, up to 30. Default 6: the rate that the face features are made for. */
  readonly imagesPerSecond: number;
  /** Wider pictures are made this narrow, in proportion, in px, from 64. Default 480. */
  readonly maxWidthPx: number;
  /** JPEG quality, 0…1. Default 0.8. */
  readonly quality: number;
}

const DEFAULT_OPTIONS: VideoCaptureOptions = { imagesPerSecond: 6, maxWidthPx: 480, quality: 0.8 };

/** A camera (or any video track) as pictures of one encoding. */
export interface VideoCapture {
  /**
   * @param nowMs - media time now.
   * @param deliver - gets every picture with its media time.
   */
  start(nowMs: () => number, deliver: (bytes: Uint8Array, mediaTimeMs: number) => void): void;
  stop(): void;
}

/** @throws RangeError when an option is out of range. */
export function openVideoCapture(track: MediaStreamTrack, partial: Partial<VideoCaptureOptions>): VideoCapture {
  const { imagesPerSecond, maxWidthPx, quality } = { ...DEFAULT_OPTIONS, ...partial };
  if (!(imagesPerSecond > 0 && imagesPerSecond <= 30))
    throw new RangeError('imagesPerSecond must be above 0, up to 30');
  if (!(maxWidthPx >= 64)) throw new RangeError('maxWidthPx must be at least 64');
  if (!(quality >= 0 && quality <= 1)) throw new RangeError('quality must be from 0 to 1');
  const source = openPictureSource(track);
  const canvas = document.createElement('canvas');

  return {
    start(nowMs, deliver) {
      source.start(1000 / imagesPerSecond, async (video) => {
        const mediaTimeMs = nowMs();
        drawPicture(video, canvas, Math.min(1, maxWidthPx / video.videoWidth));
        const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
        const bytes = blob === null ? null : new Uint8Array(await blob.arrayBuffer());
        if (bytes !== null && source.running) deliver(bytes, mediaTimeMs);
      });
    },
    stop: () => source.stop(),
  };
}
