import { DETECTOR_BOX_VALUES, DETECTOR_SIZE_PX, type FaceScores } from '../../../models/index.ts';
import { DETECTION_ANCHORS } from './detection-anchors.ts';
import { type FaceBox, overlap } from './face-box.ts';
import { mapX, mapY, type Similarity, scaleOf } from './similarity.ts';

/** Least score of a face, as in MediaPipe's face detection graph. */
const MIN_SCORE = 0.5;
/** Candidates that overlap more than this are one face, as in MediaPipe's face detection graph. */
const SAME_FACE_OVERLAP = 0.3;
/** Candidates kept for merging, best first. */
const MAX_CANDIDATES = 64;

/** The faces in a detector's output, best first. `toSource` maps detector pixels to the picture's. */
export function decodeBoxes(scores: FaceScores, toSource: Similarity): FaceBox[] {
  const candidates: FaceBox[] = [];
  for (let i = 0; i < scores.logits.length; i++) {
    const score = 1 / (1 + Math.exp(-scores.logits[i]!));
    if (score >= MIN_SCORE) candidates.push(decodeBox(scores.boxes, i, score, toSource));
  }
  candidates.sort((one, other) => other.score - one.score);
  return mergeOverlapping(candidates.slice(0, MAX_CANDIDATES));
}

function decodeBox(boxes: Float32Array, index: number, score: number, toSource: Similarity): FaceBox {
  const anchorX = DETECTION_ANCHORS[2 * index]! * DETECTOR_SIZE_PX;
  const anchorY = DETECTION_ANCHORS[2 * index + 1]! * DETECTOR_SIZE_PX;
  const at = index * DETECTOR_BOX_VALUES;
  const x = (pair: number) => anchorX + boxes[at + 2 * pair]!;
  const y = (pair: number) => anchorY + boxes[at + 2 * pair + 1]!;
  const scale = scaleOf(toSource);
  return {
    centreX: mapX(toSource, x(0), y(0)),
    centreY: mapY(toSource, x(0), y(0)),
    widthPx: boxes[at + 2]! * scale,
    heightPx: boxes[at + 3]! * scale,
    rightEyeX: mapX(toSource, x(2), y(2)),
    rightEyeY: mapY(toSource, x(2), y(2)),
    leftEyeX: mapX(toSource, x(3), y(3)),
    leftEyeY: mapY(toSource, x(3), y(3)),
    score,
  };
}

/** MediaPipe's weighted non-maximum suppression: a face is the score-weighted mean of the candidates that overlap its best. */
function mergeOverlapping(candidates: readonly FaceBox[]): FaceBox[] {
  const faces: FaceBox[] = [];
  let rest = candidates;
  while (rest.length > 0) {
    const best = rest[0]!;
    const same = rest.filter((candidate) => candidate === best || overlap(best, candidate) > SAME_FACE_OVERLAP);
    faces.push(weightedMean(same, best.score));
    rest = rest.filter((candidate) => !same.includes(candidate));
  }
  return faces;
}

function weightedMean(boxes: readonly FaceBox[], score: number): FaceBox {
  const total = boxes.reduce((sum, box) => sum + box.score, 0);
  const mean = (value: (box: FaceBox) => number) => boxes.reduce((sum, box) => sum + value(box) * box.score, 0) / total;
  return {
    centreX: mean((box) => box.centreX),
    centreY: mean((box) => box.centreY),
    widthPx: mean((box) => box.widthPx),
    heightPx: mean((box) => box.heightPx),
    rightEyeX: mean((box) => box.rightEyeX),
    rightEyeY: mean((box) => box.rightEyeY),
    leftEyeX: mean((box) => box.leftEyeX),
    leftEyeY: mean((box) => box.leftEyeY),
    score,
  };
}
