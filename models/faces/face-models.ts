import { fileURLToPath } from 'node:url';
import type { GraphRunner, Tensor } from '../runtime/tensor.ts';

/** Side of the square picture that the face detector sees. */
export const DETECTOR_SIZE_PX = 128;
/** Candidate boxes of one picture. */
export const DETECTOR_ANCHOR_COUNT = 896;
/** Numbers per candidate: box centre, box size, then 6 points (right eye, left eye, nose, mouth, right ear, left ear). */
export const DETECTOR_BOX_VALUES = 16;
/** Side of the square face that the landmark net sees. */
export const LANDMARK_SIZE_PX = 112;
/** Landmarks of a face, in dlib's 68-point scheme. */
export const LANDMARK_COUNT = 68;

/** The face graphs by name, for a {@link GraphRunner}: absolute paths of vendored ONNX files. */
export const FACE_GRAPHS = {
  'face-detector': fileURLToPath(new URL('./face-detector.onnx', import.meta.url)),
  'face-landmarks': fileURLToPath(new URL('./face-landmarks.onnx', import.meta.url)),
} as const;

/** The detector's raw output for one picture. */
export interface FaceScores {
  /** One logit per candidate, `[896]`. */
  readonly logits: Float32Array;
  /** `[896, 16]`, in detector pixels relative to the candidate's anchor (sizes: absolute). */
  readonly boxes: Float32Array;
}

/** Neural nets of the face stage: pixels in, numbers out. Rejects with a `ModelError`. */
export interface FaceModels {
  /** `rgb`: `[128, 128, 3]`, 0…255, row by row. The call takes over its buffer. */
  detect(rgb: Uint8Array): Promise<FaceScores>;
  /** `rgb`: `[112, 112, 3]`, 0…255, row by row; the call takes over its buffer. Returns `[68, 2]`: x, y as shares of the side. */
  landmarks(rgb: Uint8Array): Promise<Float32Array>;
}

/** `runner` has the graphs of {@link FACE_GRAPHS}. The caller closes it. */
export function openFaceModels(runner: GraphRunner): FaceModels {
  return {
    async detect(rgb) {
      const { logits, boxes } = await runner.run('face-detector', { rgb: square(rgb, DETECTOR_SIZE_PX) });
      return { logits: float32(logits), boxes: float32(boxes) };
    },
    async landmarks(rgb) {
      const { points } = await runner.run('face-landmarks', { rgb: square(rgb, LANDMARK_SIZE_PX) });
      return float32(points);
    },
  };
}

function square(rgb: Uint8Array, sizePx: number): Tensor {
  if (rgb.length !== sizePx * sizePx * 3) {
    throw new RangeError(`expected ${sizePx} × ${sizePx} RGB pixels, got ${rgb.length} bytes`);
  }
  return { dtype: 'uint8', shape: [1, sizePx, sizePx, 3], data: rgb };
}

function float32(tensor: Tensor | undefined): Float32Array {
  if (tensor?.dtype !== 'float32') throw new TypeError('the output of the face graph is not float32');
  return tensor.data;
}
