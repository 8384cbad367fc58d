/** Labels with which recognisers say that they do not know who speaks. */
const UNKNOWN = new Set(['', '?', '-1', 'unknown', 'uu', 'none', 'null']);
const MAX_LABEL_LENGTH = 100;

/** A recogniser's label of a speaker (`0`, `A`, `spk_1`, `Guest-1`). Null: it names nobody. */
export function speakerLabel(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? String(value) : null;
  if (typeof value !== 'string') return null;
  const label = value.replace(/\s+/g, ' ').trim();
  return UNKNOWN.has(label.toLowerCase()) || label.length > MAX_LABEL_LENGTH ? null : label;
}
