import { ModelError } from '../model-error.ts';
import type { JsonFields } from './json-fields.ts';

/** Which labels to favour, and from which probability on to rely on them. */
export interface OperatingPoint {
  /** `[a-z-]+`, unique in its bundle. */
  readonly name: string;
  /** Added to the logarithms of the emotion probabilities, in the protocol's label order. */
  readonly emotionOffsets: readonly number[];
  /** An answer is certain if its highest probability is at least this, 0…1. */
  readonly certainFrom: number;
  /** Dissatisfaction is likely if its probability is at least this, 0…1. */
  readonly dissatisfactionFrom: number;
}

const OFFSET_COUNT = 7;

/** @throws ModelError `invalid-bundle`, in one line that names the field */
export function parseOperatingPoints(root: JsonFields): OperatingPoint[] {
  if (!root.names().includes('operatingPoints')) return [];
  const points = root.items('operatingPoints').map((point): OperatingPoint => {
    const name = point.text('name');
    if (!/^[a-z-]+$/.test(name)) point.refuse('name', 'of lower-case letters and hyphens');
    return {
      name,
      emotionOffsets: parseOffsets(point),
      certainFrom: parseShare(point, 'certainFrom'),
      dissatisfactionFrom: parseShare(point, 'dissatisfactionFrom'),
    };
  });
  if (points.length === 0) root.refuse('operatingPoints', 'a list of at least one');
  if (new Set(points.map(({ name }) => name)).size < points.length) {
    root.refuse('operatingPoints', 'a list without two points of the same name');
  }
  return points;
}

/**
 * The point of that name. Without a name: the first, or null if the bundle has none.
 *
 * @throws ModelError `unknown-operating-point`, listing the known names
 */
export function chooseOperatingPoint(points: readonly OperatingPoint[], name?: string): OperatingPoint | null {
  if (name === undefined) return points[0] ?? null;
  const chosen = points.find((point) => point.name === name);
  if (chosen !== undefined) return chosen;
  throw ModelError.unknownOperatingPoint(
    name,
    points.map((point) => point.name),
  );
}

/**
 * Adds the point's offsets to the logarithms of the probabilities and normalises them again. A probability of 0 stays 0.
 *
 * @param emotion - `[7]`, summing to 1; returned unchanged if every offset is 0
 */
export function shiftEmotion(emotion: Float32Array, { emotionOffsets }: OperatingPoint): Float32Array {
  if (emotionOffsets.every((offset) => offset === 0)) return emotion;
  const logs = Array.from(emotion, (probability, label) => Math.log(probability) + emotionOffsets[label]!);
  const top = Math.max(...logs);
  if (!Number.isFinite(top)) return emotion;
  const weights = logs.map((log) => Math.exp(log - top));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}

/** Whether the top probability of a shifted distribution is high enough. */
export function isCertain(emotion: Float32Array, { certainFrom }: OperatingPoint): boolean {
  return isAtLeast(Math.max(...emotion), certainFrom);
}

/** Whether the probability of dissatisfaction reaches the point's threshold. */
export function isLikely(dissatisfaction: number, { dissatisfactionFrom }: OperatingPoint): boolean {
  return isAtLeast(dissatisfaction, dissatisfactionFrom);
}

/** Compares as float32, because 0.7 in float32, as a graph outputs it, is a little below the 0.7 of a manifest. */
function isAtLeast(probability: number, threshold: number): boolean {
  return probability >= Math.fround(threshold);
}

function parseOffsets(point: JsonFields): number[] {
  const offsets = point.list('emotionOffsets');
  const areNumbers = offsets.every((offset): offset is number => Number.isFinite(offset));
  return areNumbers && offsets.length === OFFSET_COUNT
    ? [...offsets]
    : point.refuse('emotionOffsets', `a list of ${OFFSET_COUNT} finite numbers`);
}

function parseShare(point: JsonFields, name: string): number {
  const share = point.number(name);
  return share >= 0 && share <= 1 ? share : point.refuse(name, 'a number from 0 to 1');
}
