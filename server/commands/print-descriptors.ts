import { once } from 'node:events';
import {
  createLowLevelDescriptorStream,
  createResampler,
  LOW_LEVEL_DESCRIPTOR_NAMES,
  type LowLevelDescriptorStream,
  type Resampler,
} from '../../pipeline/index.ts';
import type { Recording } from '../ingest/file/recording.ts';
import { defaultSpeakers } from '../ingest/file/speakers.ts';
import { printable } from '../printable.ts';
import type { CommandIo } from './command.ts';

const ROW_MS = 10;
const COLUMN_COUNT = LOW_LEVEL_DESCRIPTOR_NAMES.length;

/** Prints the low-level descriptors of each channel of a recording: CSV, or one JSON object per row. */
export async function printDescriptors(recording: Recording, json: boolean, io: CommandIo): Promise<void> {
  const print = json ? toJson : toCsv;
  if (!json) io.stdout.write(`speaker,ms,${LOW_LEVEL_DESCRIPTOR_NAMES.join()}\n`);
  const channels = defaultSpeakers(recording.channelCount).map(({ id }) => new Channel(id, recording.sampleRateHz));
  for await (const { startMs, channels: samples } of recording.audio()) {
    io.signal.throwIfAborted();
    const lines = channels.map((channel, c) => channel.push(startMs, samples[c]!, print).join(''));
    if (!io.stdout.write(lines.join(''))) await once(io.stdout, 'drain', { signal: io.signal });
  }
  for (const channel of channels) io.stdout.write(channel.finish(print).join(''));
}

type PrintRow = (speaker: string, ms: number, values: Float32Array) => string;

class Channel {
  readonly #speaker: string;
  readonly #resampler: Resampler;
  readonly #descriptors: LowLevelDescriptorStream = createLowLevelDescriptorStream();
  #nextMs: number | null = null;

  constructor(speaker: string, sampleRateHz: number) {
    this.#speaker = speaker;
    this.#resampler = createResampler(sampleRateHz);
  }

  push(startMs: number, samples: Float32Array, print: PrintRow): string[] {
    this.#nextMs ??= startMs;
    return this.#lines(this.#descriptors.push(this.#resampler.push(samples)), print);
  }

  finish(print: PrintRow): string[] {
    const last = this.#lines(this.#descriptors.push(this.#resampler.flush()), print);
    return [...last, ...this.#lines(this.#descriptors.finish(), print)];
  }

  #lines(rows: Float32Array, print: PrintRow): string[] {
    return Array.from({ length: rows.length / COLUMN_COUNT }, (_, row) => {
      const ms = this.#nextMs!;
      this.#nextMs = ms + ROW_MS;
      return print(this.#speaker, ms, rows.subarray(row * COLUMN_COUNT, (row + 1) * COLUMN_COUNT));
    });
  }
}

function toCsv(speaker: string, ms: number, values: Float32Array): string {
  return `${printable(speaker)},${Math.round(ms)},${Array.from(values, shortest).join()}\n`;
}

function toJson(participantId: string, startMs: number, values: Float32Array): string {
  const named = Object.fromEntries(LOW_LEVEL_DESCRIPTOR_NAMES.map((name, c) => [name, shortest(values[c]!)]));
  return `${JSON.stringify({ participantId, startMs: Math.round(startMs), set: 'egemaps-lld', values: named })}\n`;
}

/** Rounds to the digits that a 32-bit float has. */
function shortest(value: number): number {
  return Number(value.toPrecision(7));
}
