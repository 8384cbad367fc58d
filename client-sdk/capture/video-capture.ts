/// <reference lib="dom" preserve="true" />

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

/** A camera (or any video track) as JPEG pictures. */
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
  if (!(maxWidthPx >= 64)) throw new RangeError('maxWidthPx must be from 64');
  if (!(quality >= 0 && quality <= 1)) throw new RangeError('quality must be from 0 to 1');
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d');
  let timer: ReturnType<typeof setInterval> | undefined;
  let encoding = false;

  return {
    start(nowMs, deliver) {
      // Fails only when the track has ended or `stop` came first: then there is nothing to show.
      video.play().catch(() => {});
      timer = setInterval(() => {
        if (encoding || drawing === null || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
        const scale = Math.min(1, maxWidthPx / video.videoWidth);
        canvas.width = Math.round(video.videoWidth * scale);
        canvas.height = Math.round(video.videoHeight * scale);
        const mediaTimeMs = nowMs();
        drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
        encoding = true;
        canvas.toBlob(
          async (blob) => {
            const bytes = blob === null ? null : new Uint8Array(await blob.arrayBuffer());
            encoding = false;
            if (bytes !== null && timer !== undefined) deliver(bytes, mediaTimeMs);
          },
          'image/jpeg',
          quality,
        );
      }, 1000 / imagesPerSecond);
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      video.srcObject = null;
    },
  };
}
