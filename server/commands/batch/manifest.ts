import type { MediaRange } from '../../ingest/file/recording.ts';

/** A part of every picture, as shares of its width and height. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** File and time range that hold one modality of an utterance. */
export interface MediaPart {
  readonly path: string;
  readonly range: MediaRange;
}

/** One utterance of a corpus. */
export interface ManifestRow {
  readonly id: string;
  /** `channel` null: all channels are mixed. */
  readonly audio: MediaPart & { readonly channel: number | null };
  /** `crop` null: the whole picture. */
  readonly video: MediaPart & { readonly crop: Crop | null };
}

/** A manifest has an error. The message is one line that names the place. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/**
 * Reads a manifest, JSON Lines: `{ id, media, startMs?, endMs?, channel?, crop?, video?: { media, startMs?, endMs?, crop? } }`.
 * Pictures come from `media` too, unless `video` names another file with times of its own.
 *
 * @throws ManifestError naming the line.
 */
export function parseManifest(source: string): ManifestRow[] {
  const rows: ManifestRow[] = [];
  const seen = new Set<string>();
  for (const [index, line] of source.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = parseRow(line, (why) => new ManifestError(`line ${index + 1} ${why}`));
    if (seen.has(row.id)) throw new ManifestError(`line ${index + 1} repeats the id ${row.id}`);
    seen.add(row.id);
    rows.push(row);
  }
  return rows;
}

type Refuse = (why: string) => ManifestError;
type Fields = Readonly<Record<string, unknown>>;

const ROW_KEYS = ['id', 'media', 'startMs', 'endMs', 'channel', 'crop', 'video'];
const VIDEO_KEYS = ['media', 'startMs', 'endMs', 'crop'];

function parseRow(line: string, refuse: Refuse): ManifestRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw refuse('is not JSON');
  }
  const fields = toFields(value, ROW_KEYS, 'the line', refuse);
  const { id, channel = null } = fields;
  if (typeof id !== 'string' || id === '') throw refuse('has no id');
  if (channel !== null && !(Number.isSafeInteger(channel) && (channel as number) >= 0)) {
    throw refuse('has a channel that is not a whole number from 0 on');
  }
  const part = toPart(fields, refuse);
  const other = fields.video === undefined ? null : toFields(fields.video, VIDEO_KEYS, 'video', refuse);
  return {
    id,
    audio: { ...part, channel: channel as number | null },
    video:
      other === null
        ? { ...part, crop: toCrop(fields.crop, refuse) }
        : { ...toPart(other, refuse), crop: toCrop(other.crop, refuse) },
  };
}

function toFields(value: unknown, keys: readonly string[], what: string, refuse: Refuse): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`has ${what} as no object`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw refuse(`has a key that means nothing: ${unknown}`);
  return value as Fields;
}

function toPart({ media, startMs = 0, endMs = null }: Fields, refuse: Refuse): MediaPart {
  if (typeof media !== 'string' || media === '') throw refuse('names no media file');
  const end = endMs ?? Number.POSITIVE_INFINITY;
  if (typeof startMs !== 'number' || typeof end !== 'number' || !(startMs >= 0) || !(end > startMs)) {
    throw refuse('has times that are not 0 ≤ startMs < endMs');
  }
  return { path: media, range: { startMs, endMs: end } };
}

function toCrop(value: unknown, refuse: Refuse): Crop | null {
  if (value === undefined || value === null) return null;
  const { x, y, width, height } = toFields(value, ['x', 'y', 'width', 'height'], 'crop', refuse) as unknown as Crop;
  const isInside = x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= 1 && y + height <= 1;
  if (!isInside) throw refuse('has a crop that is not x, y, width and height within 0…1');
  return { x, y, width, height };
}
