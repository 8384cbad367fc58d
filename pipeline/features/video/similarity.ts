/**
 * A similarity of the plane (turn, scale, shift): `(x, y) → (a·x − b·y + tx, b·x + a·y + ty)`.
 * Coordinates are continuous pixels: the first pixel covers 0…1.
 */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

export function mapX({ a, b, tx }: Similarity, x: number, y: number): number {
  return a * x - b * y + tx;
}

export function mapY({ a, b, ty }: Similarity, x: number, y: number): number {
  return b * x + a * y + ty;
}

/** Factor by which lengths grow. */
export function scaleOf({ a, b }: Similarity): number {
  return Math.hypot(a, b);
}

/** The map that applies `first`, then `second`. */
export function compose(second: Similarity, first: Similarity): Similarity {
  return {
    a: second.a * first.a - second.b * first.b,
    b: second.b * first.a + second.a * first.b,
    tx: mapX(second, first.tx, first.ty),
    ty: mapY(second, first.tx, first.ty),
  };
}

/** @throws RangeError if the map sends everything to one point. */
export function invert({ a, b, tx, ty }: Similarity): Similarity {
  const square = a * a + b * b;
  if (!(square > 0)) throw new RangeError('a similarity transform with scale 0 has no inverse');
  const ia = a / square;
  const ib = -b / square;
  return { a: ia, b: ib, tx: ib * ty - ia * tx, ty: -ib * tx - ia * ty };
}

/**
 * The map that brings `from` nearest to `to` in weighted least squares: the closed form of Umeyama (1991) in the plane,
 * without reflection. Points are x, y pairs; one positive weight per pair. Null if `from` is a single spot or not finite.
 */
export function estimateSimilarity(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  weights: ArrayLike<number>,
): Similarity | null {
  let total = 0;
  let fromX = 0;
  let fromY = 0;
  let toX = 0;
  let toY = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    total += weight;
    fromX += weight * from[2 * i]!;
    fromY += weight * from[2 * i + 1]!;
    toX += weight * to[2 * i]!;
    toY += weight * to[2 * i + 1]!;
  }
  fromX /= total;
  fromY /= total;
  toX /= total;
  toY /= total;
  let spread = 0;
  let along = 0;
  let across = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    const x = from[2 * i]! - fromX;
    const y = from[2 * i + 1]! - fromY;
    const u = to[2 * i]! - toX;
    const v = to[2 * i + 1]! - toY;
    spread += weight * (x * x + y * y);
    along += weight * (x * u + y * v);
    across += weight * (x * v - y * u);
  }
  const a = along / spread;
  const b = across / spread;
  if (!Number.isFinite(a) || !Number.isFinite(b) || (a === 0 && b === 0)) return null;
  return { a, b, tx: toX - a * fromX + b * fromY, ty: toY - b * fromX - a * fromY };
}
