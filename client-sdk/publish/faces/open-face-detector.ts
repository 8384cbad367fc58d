/// <reference lib="dom" preserve="true" />
import { ClientError } from '../../connection/client-error.ts';
import { DEFAULT_DEVICE_FACES, type DeviceFaceOptions } from './device-face-options.ts';

/** A face in a picture; every value a share of the picture's width or height. */
export interface DetectedFace {
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
  /** How sure the detector is, 0…1. */
  readonly score: number;
  /** Right eye, left eye, nose tip, mouth (x, y pairs; right and left are the person's). */
  readonly points: readonly number[];
}

/** Finds faces with BlazeFace, on this device. */
export interface FaceDetector {
  detect(picture: HTMLCanvasElement): DetectedFace[];
  close(): void;
}

/** Points of {@link DetectedFace}; the network's last two are the ears. */
const POINTS = 4;

/**
 * Loads MediaPipe and its model.
 *
 * @throws {@link ClientError} `faces-unavailable`, which says what is missing.
 */
export async function openFaceDetector(options: DeviceFaceOptions): Promise<FaceDetector> {
  const { wasmFolder, modelFile } = { ...DEFAULT_DEVICE_FACES, ...options };
  const model = await fetchFile(modelFile, 'deviceFaces.modelFile must name a model of its face detector');
  const { FaceDetector, FilesetResolver } = await import('@mediapipe/tasks-vision').catch((cause: unknown) => {
    throw ClientError.facesUnavailable('install @mediapipe/tasks-vision 0.10, an optional peer of this package', cause);
  });
  const folder = new URL(String(wasmFolder), document.baseURI).href.replace(/\/$/, '');
  const fileset = await FilesetResolver.forVisionTasks(folder);
  await fetchFile(fileset.wasmLoaderPath, 'deviceFaces.wasmFolder must name the folder wasm/ of that package', 'HEAD');
  const detector = await FaceDetector.createFromOptions(fileset, {
    baseOptions: { modelAssetBuffer: new Uint8Array(await model.arrayBuffer()), delegate: 'CPU' },
    runningMode: 'IMAGE',
  }).catch((cause: unknown) => {
    throw ClientError.facesUnavailable(
      `MediaPipe did not start with ${modelFile}: it needs WebGL 2, a model with metadata, and 'wasm-unsafe-eval' where the page has a content security policy`,
      cause,
    );
  });

  return {
    detect(picture) {
      return detector.detect(picture).detections.flatMap(({ boundingBox: box, keypoints, categories }) => {
        if (box === undefined || keypoints.length < POINTS) return [];
        return {
          centreX: (box.originX + box.width / 2) / picture.width,
          centreY: (box.originY + box.height / 2) / picture.height,
          width: box.width / picture.width,
          height: box.height / picture.height,
          score: categories[0]?.score ?? 0,
          points: keypoints.slice(0, POINTS).flatMap(({ x, y }) => [x, y]),
        };
      });
    },
    close: () => detector.close(),
  };
}

async function fetchFile(file: string | URL, advice: string, method = 'GET'): Promise<Response> {
  const url = new URL(String(file), document.baseURI).href;
  const response = await fetch(url, { method }).catch((cause: unknown) => {
    throw ClientError.facesUnavailable(`${url} cannot be loaded; ${advice}`, cause);
  });
  if (!response.ok) throw ClientError.facesUnavailable(`${url} answers with ${response.status}; ${advice}`);
  return response;
}
