import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { EMOTION_LABELS, EMOTION_NAMES } from '../../../client-sdk/protocol/index.ts';
import { EMOTION_LETTERS } from '../../../server/dashboard/state/emotions.ts';

type Rgb = readonly [number, number, number];
type Theme = 'light' | 'dark';

/** Full-strength colour blindness as matrices on linear RGB (Machado, Oliveira, Fernandes 2009). */
const VISION: Readonly<Record<string, readonly Rgb[]>> = {
  'full colour vision': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Least distance of two emotions in Oklab; 0.02 is about a just noticeable difference of large areas. */
const LEAST_DISTANCE = 0.075;

let colours: Map<string, Record<Theme, Rgb>>;

beforeAll(async () => {
  const css = await readFile(new URL('../../../server/dashboard/styles/tokens.css', import.meta.url), 'utf8');
  const tokens = css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g);
  colours = new Map(
    [...tokens].map(([, name, light, dark]) => [name!, { light: linear(light!), dark: linear(dark!) }]),
  );
});

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  it.each([
    ['ink', ['surface-page', 'surface-card', 'surface-inset', 'accent-wash', 'caution-wash', 'danger-wash'], 7],
    ['ink-soft', ['surface-page', 'surface-card', 'surface-inset', 'accent-wash'], 4.5],
    ['accent', ['surface-card', 'accent-wash'], 4.5],
    ['accent-ink', ['accent'], 4.5],
    ['live', ['surface-card', 'live-wash'], 4.5],
    ['danger', ['surface-card', 'danger-wash'], 4.5],
    ['caution', ['surface-card', 'caution-wash'], 4.5],
    ['positive', ['surface-card'], 4.5],
    ['negative', ['surface-card'], 4.5],
    ['negative', ['surface-inset', 'accent-wash'], 3],
    ['line-strong', ['surface-card', 'surface-page', 'surface-inset', 'accent-wash'], 3],
  ] as const)('has %s readable on %j at %d:1', (ink, surfaces, ratio) => {
    for (const surface of surfaces) {
      expect(contrast(colour(ink, theme), colour(surface, theme)), surface).toBeGreaterThanOrEqual(ratio);
    }
  });

  it('shows every emotion at 3:1 or more on a card', () => {
    for (const label of EMOTION_LABELS) {
      expect(contrast(colour(`emotion-${label}`, theme), colour('surface-card', theme)), label).toBeGreaterThanOrEqual(
        3,
      );
    }
  });

  it('shows letters on every emotion at 4.5:1 or more', () => {
    for (const label of EMOTION_LABELS) {
      const ratio = contrast(colour(`emotion-ink-${label}`, theme), colour(`emotion-${label}`, theme));
      expect(ratio, label).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(Object.entries(VISION))('keeps the emotions apart under %s', (_, matrix) => {
    const seen = EMOTION_LABELS.map((label) => oklab(transform(matrix, colour(`emotion-${label}`, theme))));
    seen.forEach((a, at) => {
      for (const [offset, b] of seen.slice(at + 1).entries()) {
        const pair = `${EMOTION_LABELS[at]} and ${EMOTION_LABELS[at + 1 + offset]}`;
        expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), pair).toBeGreaterThanOrEqual(LEAST_DISTANCE);
      }
    });
  });
});

describe('the emotions', () => {
  it('each have a letter and a name of their own, so that colour never stands alone', () => {
    expect(new Set(Object.values(EMOTION_LETTERS)).size).toBe(EMOTION_LABELS.length);
    expect(new Set(Object.values(EMOTION_NAMES)).size).toBe(EMOTION_LABELS.length);
  });
});

function colour(name: string, theme: Theme): Rgb {
  const found = colours.get(name);
  if (found === undefined) throw new RangeError(`no token ${name}`);
  return found[theme];
}

function linear(hex: string): Rgb {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return [r!, g!, b!];
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function transform(matrix: readonly Rgb[], [r, g, b]: Rgb): Rgb {
  const [x, y, z] = matrix.map((row) => Math.min(1, Math.max(0, row[0] * r + row[1] * g + row[2] * b)));
  return [x!, y!, z!];
}

/** Linear sRGB to Oklab (Ottosson 2020). */
function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
