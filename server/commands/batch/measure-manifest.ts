import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AUDIO_FEATURE_COUNT,
  FACE_GRAPHS,
  FACE_SIZE_PX,
  MAX_FACES,
  openFaceModels,
  openGraphWorker,
  openVoiceEncoder,
  VOICE_GRAPHS,
} from '../../../models/index.ts';
import type { CommandIo } from '../command.ts';
import { FACE_BYTES } from '../unique-faces.ts';
import { type ManifestRow, parseManifest } from './manifest.ts';
import { type MeasuredRow, type MeasuringModels, measureRow } from './measure-row.ts';
import { encodeNpz } from './npz.ts';

export interface MeasureManifestOptions {
  readonly manifest: string;
  /** Folder for the shards. It is created if it does not exist. */
  readonly out: string;
  /** Utterances per shard, 1 or more. */
  readonly shardSize: number;
}

/** Content of `index.json`, which is written after the last shard. */
export interface BatchIndex {
  /** In the manifest's order. */
  readonly shards: readonly string[];
  readonly rows: number;
  /** Number of rows with unusable media. */
  readonly errors: number;
}

/**
 * Measures every row of a manifest into `.npz` shards. A shard is written completely or not at all, and its name
 * depends on its rows. A shard that already exists is not measured again. An unusable row is kept with its error.
 *
 * @throws ManifestError before anything is measured.
 */
export async function measureManifest(options: MeasureManifestOptions, io: CommandIo): Promise<BatchIndex> {
  const { manifest, out, shardSize } = options;
  const rows = parseManifest(await readFile(manifest, 'utf8'));
  await mkdir(out, { recursive: true });
  const models = openModelsLater(io);
  const progress = createProgress(io.stderr, rows.length);
  const shards: string[] = [];
  let errors = 0;
  try {
    for (let start = 0; start < rows.length; start += shardSize) {
      const part = rows.slice(start, start + shardSize);
      const name = shardName(shards.length, part);
      const file = join(out, `${name}.npz`);
      const tally = join(out, `${name}.json`);
      if ((await exists(file)) && (await exists(tally))) {
        progress.found(part.length);
      } else {
        const measured = await measureShard(part, models.open, progress, io.signal);
        const failed = measured.filter(({ error }) => error !== '').length;
        await writeWhole(file, toNpz(part, measured));
        await writeWhole(tally, JSON.stringify({ rows: part.length, errors: failed }));
      }
      errors += (JSON.parse(await readFile(tally, 'utf8')) as { errors: number }).errors;
      shards.push(`${name}.npz`);
    }
  } finally {
    await models.close();
  }
  const index = { shards, rows: rows.length, errors };
  await writeWhole(join(out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
  progress.done(errors);
  return index;
}

interface ShardRow {
  readonly measured: MeasuredRow | null;
  /** One line. Empty when there is no error. */
  readonly error: string;
}

async function measureShard(
  rows: readonly ManifestRow[],
  openModels: () => Promise<MeasuringModels>,
  progress: Progress,
  signal: AbortSignal,
): Promise<ShardRow[]> {
  const measured: ShardRow[] = [];
  for (const row of rows) {
    signal.throwIfAborted();
    try {
      measured.push({ measured: await measureRow(row, await openModels()), error: '' });
    } catch (error) {
      measured.push({ measured: null, error: (error as Error).message.split('\n')[0] || 'unknown error' });
    }
    progress.measured(measured.at(-1)!.error !== '');
  }
  return measured;
}

function toNpz(rows: readonly ManifestRow[], shard: readonly ShardRow[]): Uint8Array {
  const count = rows.length;
  const audio = new Float32Array(count * AUDIO_FEATURE_COUNT);
  const faces = new Uint8Array(count * MAX_FACES * FACE_BYTES);
  const faceCounts = new Int32Array(count);
  for (const [index, { measured }] of shard.entries()) {
    if (measured === null) continue;
    audio.set(measured.audio, index * AUDIO_FEATURE_COUNT);
    faces.set(measured.faces, index * MAX_FACES * FACE_BYTES);
    faceCounts[index] = measured.faces.length / FACE_BYTES;
  }
  const conditions = (of: 'audioCondition' | 'faceCondition') => ({
    states: { dtype: 'str', data: shard.map(({ measured }) => measured?.[of].state ?? 'absent') } as const,
    qualities: {
      dtype: '<f4',
      shape: [count],
      data: Float32Array.from(shard, ({ measured }) => measured?.[of].quality ?? Number.NaN),
    } as const,
  });
  const voice = conditions('audioCondition');
  const face = conditions('faceCondition');
  return encodeNpz({
    ids: { dtype: 'str', data: rows.map(({ id }) => id) },
    audio: { dtype: '<f4', shape: [count, AUDIO_FEATURE_COUNT], data: audio },
    audio_states: voice.states,
    audio_qualities: voice.qualities,
    faces: { dtype: '|u1', shape: [count, MAX_FACES, FACE_SIZE_PX, FACE_SIZE_PX], data: faces },
    face_counts: { dtype: '<i4', shape: [count], data: faceCounts },
    face_states: face.states,
    face_qualities: face.qualities,
    errors: { dtype: 'str', data: shard.map(({ error }) => error) },
  });
}

/** Other rows give another name, so the shards of a changed manifest are measured again. */
function shardName(index: number, rows: readonly ManifestRow[]): string {
  const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 12);
  return `shard-${String(index).padStart(5, '0')}-${digest}`;
}

/** Loads the models when the first row needs them. There may be nothing left to measure. */
function openModelsLater(io: CommandIo): { open(): Promise<MeasuringModels>; close(): Promise<void> } {
  let worker: ReturnType<typeof openGraphWorker> | null = null;
  return {
    async open() {
      worker ??= openGraphWorker({
        name: 'perception worker',
        graphs: { ...VOICE_GRAPHS, ...FACE_GRAPHS },
        provider: 'cpu',
        log: (message) => io.stderr.write(`${message}\n`),
      });
      const runner = await worker;
      return { voice: openVoiceEncoder(runner), faces: openFaceModels(runner) };
    },
    async close() {
      if (worker !== null) await (await worker).close();
    },
  };
}

interface Progress {
  found(rows: number): void;
  measured(isError: boolean): void;
  done(errors: number): void;
}

/** Shows one line that is rewritten on a terminal. Elsewhere it prints every tenth of the progress. */
function createProgress(stream: NodeJS.WriteStream, total: number): Progress {
  const startMs = performance.now();
  let seen = 0;
  let fresh = 0;
  let bad = 0;
  let shownPercent = -1;
  const show = (): void => {
    const percent = Math.floor((seen / Math.max(1, total)) * 100);
    const step = stream.isTTY ? 1 : 10;
    if (Math.floor(percent / step) === Math.floor(shownPercent / step)) return;
    shownPercent = percent;
    const rate = (fresh * 1000) / Math.max(1, performance.now() - startMs);
    const line = `measuring ${percent} % (${seen} of ${total}, ${bad} unusable, ${rate.toFixed(1)} a second)`;
    stream.write(stream.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
  };
  return {
    found(rows) {
      seen += rows;
      show();
    },
    measured(isError) {
      seen++;
      fresh++;
      if (isError) bad++;
      show();
    },
    done(errors) {
      if (stream.isTTY) stream.write('\r\x1b[2K');
      stream.write(`measured ${total} utterances, ${errors} of them unusable\n`);
    },
  };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Writes a file completely or not at all, however the process ends. */
async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${file}.partial`, content);
  await rename(`${file}.partial`, file);
}
