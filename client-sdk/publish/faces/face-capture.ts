/// <reference lib="dom" preserve="true" />
import { drawPicture, openPictureSource } from '../capture/picture-source.ts';
import type { VideoCapture } from '../capture/video-capture.ts';
import type { DeviceFaceOptions } from './device-face-options.ts';
import { createFaceCropper, packFaceCrop } from './face-cropper.ts';
import { createFaceFinder } from './face-finder.ts';
import { openFaceDetector } from './open-face-detector.ts';

/** The rate that the face features are made for. */
const FACES_PER_SECOND = 6;
/** Longer side of the pictures that are looked at, px: the server's. */
const MAX_SIDE_PX = 640;

/**
 * A camera (or any video track) as aligned faces, in `face-gray-64`. A picture without one, or on which the detector
 * fails, gives nothing.
 *
 * @throws ClientError `faces-unavailable`.
 */
export async function openFaceCapture(track: MediaStreamTrack, options: DeviceFaceOptions): Promise<VideoCapture> {
  const detector = await openFaceDetector(options);
  const finder = createFaceFinder(detector);
  const cropper = createFaceCropper();
  const source = openPictureSource(track);
  const canvas = document.createElement('canvas');

  return {
    start(nowMs, deliver) {
      source.start(1000 / FACES_PER_SECOND, async (video) => {
        const mediaTimeMs = nowMs();
        drawPicture(video, canvas, Math.min(1, MAX_SIDE_PX / Math.max(video.videoWidth, video.videoHeight)));
        const alignment = finder.find(canvas, mediaTimeMs);
        if (alignment === null) return;
        const payload = await packFaceCrop(cropper.crop(canvas, alignment));
        if (source.running) deliver(payload, mediaTimeMs);
      });
    },
    stop() {
      source.stop();
      detector.close();
    },
  };
}
