/// <reference lib="dom" preserve="true" />

/** A camera (or any video track), looked at now and then. */
export interface PictureSource {
  /** Calls `take` with what is seen, every `intervalMs`, unless the last call is not done yet. */
  start(intervalMs: number, take: (video: HTMLVideoElement) => Promise<void>): void;
  stop(): void;
  readonly running: boolean;
}

export function openPictureSource(track: MediaStreamTrack): PictureSource {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  let timer: ReturnType<typeof setInterval> | undefined;
  let busy = false;

  return {
    start(intervalMs, take) {
      // Fails only when the track has ended or `stop` came first: then there is nothing to show.
      video.play().catch(() => {});
      timer = setInterval(async () => {
        if (busy || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
        busy = true;
        await take(video).catch(() => {});
        busy = false;
      }, intervalMs);
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
      video.srcObject = null;
    },
    get running() {
      return timer !== undefined;
    },
  };
}

/** Draws what `video` shows on `canvas`, `scale` times as large. */
export function drawPicture(video: HTMLVideoElement, canvas: HTMLCanvasElement, scale: number): void {
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
}
