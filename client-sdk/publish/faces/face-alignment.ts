/**
 * Turn, scale and shift of the plane: `(x, y) → (a·x − b·y + tx, b·x + a·y + ty)`, in continuous pixels (the first one
 * covers 0…1).
 */
export interface Alignment {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/**
 * Where the detector sees right eye, left eye, nose tip and mouth of a face that the server has aligned: medians over
 * 1045 of FER2013's training pictures, px of a crop, seen from near. BlazeFace puts the eyes 1 px lower than the server's landmarks.
 */
const TEMPLATE: readonly number[] = [20.76, 24.87, 43.63, 24.87, 32, 37.89, 32, 49.13];
/** Trust in each point of {@link TEMPLATE}: that of the server; the mouth's middle stands for its two corners. */
const WEIGHTS: readonly number[] = [3, 3, 1, 2];
/** Points further than this from the template, root mean square in px, are no face's: the server's limit. */
const MAX_MISFIT_PX = 7;
/** Fewer picture pixels than this per pixel of the crop show nothing: the server's limit. */
const MIN_SCALE = 0.2;

/** The map from a crop's pixels to the picture's, or null when the points are no face's, or one too small. */
export function faceAlignment(points: readonly number[]): Alignment | null {
  const [from, to] = [TEMPLATE, points].map(weightedMean) as [Point, Point];
  let spread = 0;
  let along = 0;
  let across = 0;
  WEIGHTS.forEach((weight, i) => {
    const { x, y } = pointAt(TEMPLATE, i, from);
    const { x: u, y: v } = pointAt(points, i, to);
    spread += weight * (x * x + y * y);
    along += weight * (x * u + y * v);
    across += weight * (x * v - y * u);
  });
  const [a, b] = [along / spread, across / spread];
  const scale = Math.hypot(a, b);
  if (!(scale >= MIN_SCALE)) return null;
  let misfit = 0;
  WEIGHTS.forEach((_, i) => {
    const { x, y } = pointAt(TEMPLATE, i, from);
    const { x: u, y: v } = pointAt(points, i, to);
    misfit += ((a * x - b * y - u) ** 2 + (b * x + a * y - v) ** 2) / WEIGHTS.length;
  });
  if (Math.sqrt(misfit) / scale > MAX_MISFIT_PX) return null;
  return { a, b, tx: to.x - a * from.x + b * from.y, ty: to.y - b * from.x - a * from.y };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function pointAt(points: readonly number[], index: number, origin: Point = { x: 0, y: 0 }): Point {
  return { x: (points[2 * index] ?? Number.NaN) - origin.x, y: (points[2 * index + 1] ?? Number.NaN) - origin.y };
}

function weightedMean(points: readonly number[]): Point {
  const total = WEIGHTS.reduce((sum, weight) => sum + weight, 0);
  let [x, y] = [0, 0];
  WEIGHTS.forEach((weight, i) => {
    const point = pointAt(points, i);
    x += (weight * point.x) / total;
    y += (weight * point.y) / total;
  });
  return { x, y };
}

/** The same map from the picture's pixels to the crop's, as a canvas draws it. */
export function toCrop({ a, b, tx, ty }: Alignment): [number, number, number, number, number, number] {
  const square = a * a + b * b;
  const [ia, ib] = [a / square, -b / square];
  return [ia, ib, -ib, ia, ib * ty - ia * tx, -ib * tx - ia * ty];
}
