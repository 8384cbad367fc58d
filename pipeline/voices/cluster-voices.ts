/** One excerpt of a voice. */
export interface VoiceExcerpt {
  /** Unit vector. The dot product of two is the similarity of the voices. */
  readonly vector: Float32Array;
  /** How much it counts, such as its length. */
  readonly weight: number;
}

/** Excerpts, divided between two voices. */
export interface VoiceClusters {
  /** 0 or 1 per excerpt. */
  readonly labels: Uint8Array;
  /** Unit vectors: what the excerpts of each voice have in common. */
  readonly means: readonly [Float32Array, Float32Array];
}

const STARTS = 24;
const MAX_ROUNDS = 30;

/**
 * Divides excerpts between two voices: spherical k-means, begun from several pairs of unlike excerpts. The division that
 * keeps excerpts closest to their means is taken. The same excerpts always give the same answer. The voice of the first
 * excerpt is 0. Null: the excerpts cannot be divided.
 *
 * @param starts - how many excerpts begin a division. More take longer and find better ones. Default 24.
 */
export function clusterVoices(excerpts: readonly VoiceExcerpt[], starts = STARTS): VoiceClusters | null {
  let best: Division | null = null;
  for (const [first, second] of unlikePairs(excerpts, starts)) {
    const found = divide(excerpts, excerpts[first]!.vector, excerpts[second]!.vector);
    if (best === null || found.fit > best.fit) best = found;
  }
  if (best === null) return null;
  if (best.labels[0] === 0) return { labels: best.labels, means: best.means };
  return { labels: best.labels.map((label) => 1 - label), means: [best.means[1], best.means[0]] };
}

/**
 * How much more an excerpt is like its own voice than like all voices together, in the mean, 0…1. The larger it is, the less
 * likely do all excerpts belong to one voice.
 *
 * @param labels - 0 or 1 per excerpt.
 */
export function gainOfDivision(excerpts: readonly VoiceExcerpt[], labels: ArrayLike<number>): number {
  const total = excerpts.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return 0;
  const ofVoice = (label: number) => lengthOf(weightedSum(excerpts.filter((_, index) => labels[index] === label)));
  // The dot products of vectors with the unit vector of their sum add up to the length of the sum.
  return (ofVoice(0) + ofVoice(1) - lengthOf(weightedSum(excerpts))) / total;
}

interface Division {
  readonly labels: Uint8Array;
  readonly means: readonly [Float32Array, Float32Array];
  readonly fit: number;
}

/** The pairs that begin a division: from excerpts spread over the call, each with the excerpt that is least like it. */
function unlikePairs(excerpts: readonly VoiceExcerpt[], starts: number): [number, number][] {
  const pairs = new Map<string, [number, number]>();
  const step = Math.max(1, Math.floor(excerpts.length / starts));
  for (let from = 0; from < excerpts.length; from += step) {
    let least = from;
    let similarity = Number.POSITIVE_INFINITY;
    for (const [index, { vector }] of excerpts.entries()) {
      const each = dot(vector, excerpts[from]!.vector);
      if (index !== from && each < similarity) [least, similarity] = [index, each];
    }
    if (least !== from) pairs.set(`${Math.min(from, least)} ${Math.max(from, least)}`, [from, least]);
  }
  return [...pairs.values()];
}

function divide(excerpts: readonly VoiceExcerpt[], first: Float32Array, second: Float32Array): Division {
  let means: readonly [Float32Array, Float32Array] = [first, second];
  let labels = new Uint8Array(excerpts.length);
  let fit = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = new Uint8Array(excerpts.length);
    fit = 0;
    for (const [index, { vector, weight }] of excerpts.entries()) {
      const [a, b] = [dot(vector, means[0]), dot(vector, means[1])];
      if (b > a) next[index] = 1;
      fit += weight * Math.max(a, b);
    }
    const isSettled = round > 0 && next.every((label, index) => label === labels[index]);
    labels = next;
    if (isSettled) break;
    means = [meanOf(excerpts, labels, 0) ?? means[0], meanOf(excerpts, labels, 1) ?? means[1]];
  }
  return { labels, means, fit };
}

/** Unit vector of the weighted mean. Null: no excerpt has the label. */
function meanOf(excerpts: readonly VoiceExcerpt[], labels: Uint8Array, label: number): Float32Array | null {
  const sum = weightedSum(excerpts.filter((_, index) => labels[index] === label));
  const length = lengthOf(sum);
  return length === 0 ? null : sum.map((value) => value / length);
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

function weightedSum(excerpts: readonly VoiceExcerpt[]): Float32Array {
  const sum = new Float32Array(excerpts[0]?.vector.length ?? 0);
  for (const { vector, weight } of excerpts) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]! * weight;
  return sum;
}

/** The similarity of two unit vectors. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
