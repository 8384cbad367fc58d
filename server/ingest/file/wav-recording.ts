import { type FileHandle, open } from 'node:fs/promises';
import type { Warn } from './analysis-warning.ts';
import { decodePcm, isPcmForm, type PcmForm } from './pcm.ts';
import type { MediaRange, RecordedAudio, Recording } from './recording.ts';

const BLOCK_FRAMES = 2048;
/** Chunks before the samples. A file that is no WAV would have more. */
const MAX_CHUNKS = 1000;
const MAX_FORMAT_BYTES = 64;
/** Sizes that stand for "unknown": the file was written to a pipe, or its writer was stopped. */
const UNKNOWN_SIZES = [0, 0xffffffff, 0x7fffffff, 0x7ffff000];

interface WavLayout {
  readonly form: PcmForm;
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly frameBytes: number;
  readonly dataStartBytes: number;
  readonly dataBytes: number;
  /** How many bytes of sound the header promises beyond the end of the file. */
  readonly missingBytes: number;
}

/**
 * Opens a WAV file (RIFF, RIFX or RF64) of PCM, µ-law or A-law samples. Null for any other file. Sizes in the header count only as far as
 * they fit: sound of unknown length reaches to the end of the file.
 *
 * @throws the file system's error.
 */
export async function openWavRecording(path: string, maxChannels: number, warn: Warn): Promise<Recording | null> {
  const file = await open(path, 'r');
  try {
    const layout = await readLayout(file);
    if (layout === null || layout.channelCount > maxChannels) {
      await file.close();
      return null;
    }
    const { channelCount, sampleRateHz, frameBytes, dataBytes, missingBytes } = layout;
    const durationMs = (Math.floor(dataBytes / frameBytes) * 1000) / sampleRateHz;
    if (missingBytes > 0) {
      const missingS = missingBytes / frameBytes / sampleRateHz;
      warn({
        code: 'recording-truncated',
        message: `the file is shorter than its header says: the last ${missingS.toFixed(1)} s of the recording are missing`,
        startMs: durationMs,
      });
    }
    return {
      durationMs,
      channelCount,
      sampleRateHz,
      hasVideo: false,
      audio: (range) => readSound(file, layout, range),
      images: noImages,
      close: () => void file.close().catch(() => {}),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* noImages(): AsyncGenerator<never> {}

async function* readSound(file: FileHandle, layout: WavLayout, range?: MediaRange): AsyncGenerator<RecordedAudio> {
  const { form, channelCount, sampleRateHz, frameBytes, dataStartBytes, dataBytes } = layout;
  const frames = Math.floor(dataBytes / frameBytes);
  const blockOf = (ms: number) => Math.floor((ms * sampleRateHz) / 1000 / BLOCK_FRAMES) * BLOCK_FRAMES;
  const endFrame = Math.min(frames, ((range?.endMs ?? Number.POSITIVE_INFINITY) * sampleRateHz) / 1000);
  for (let frame = range === undefined ? 0 : Math.max(0, blockOf(range.startMs)); frame < endFrame; ) {
    const count = Math.min(BLOCK_FRAMES, frames - frame);
    const bytes = await bytesAt(file, dataStartBytes + frame * frameBytes, count * frameBytes);
    if (bytes.length < frameBytes) return;
    yield { kind: 'audio', startMs: (frame * 1000) / sampleRateHz, channels: decodePcm(bytes, form, channelCount) };
    frame += count;
  }
}

async function readLayout(file: FileHandle): Promise<WavLayout | null> {
  const fileBytes = (await file.stat()).size;
  const head = await bytesAt(file, 0, 12);
  const riff = head.toString('latin1', 0, 4);
  if (!['RIFF', 'RIFX', 'RF64', 'BW64'].includes(riff) || head.toString('latin1', 8, 12) !== 'WAVE') return null;
  const isLittleEndian = riff !== 'RIFX';
  const u32 = (bytes: Buffer, at: number) => (isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  let format: Omit<WavLayout, 'dataStartBytes' | 'dataBytes' | 'missingBytes'> | null = null;
  let longDataBytes: number | null = null;
  let at = 12;
  for (let count = 0; count < MAX_CHUNKS && at + 8 <= fileBytes; count++) {
    const header = await bytesAt(file, at, 8);
    const name = header.toString('latin1', 0, 4);
    const size = u32(header, 4);
    at += 8;
    if (name === 'fmt ') {
      format = readFormat(await bytesAt(file, at, Math.min(size, MAX_FORMAT_BYTES)), isLittleEndian);
      if (format === null) return null;
    } else if (name === 'ds64' && size >= 16) {
      longDataBytes = Number((await bytesAt(file, at, 16)).readBigUInt64LE(8));
    } else if (name === 'data') {
      if (format === null) return null;
      const leftBytes = fileBytes - at;
      const saidBytes = size === 0xffffffff && longDataBytes !== null ? longDataBytes : size;
      const isUnknown =
        UNKNOWN_SIZES.includes(saidBytes) && !(saidBytes === 0 && (await isChunk(file, at, leftBytes, u32)));
      const dataBytes = isUnknown ? leftBytes : Math.min(saidBytes, leftBytes);
      const missingBytes = isUnknown ? 0 : saidBytes - dataBytes;
      return { ...format, dataStartBytes: at, dataBytes, missingBytes };
    }
    at += size + (size % 2);
  }
  return null;
}

/** Whether a chunk follows, and not samples. */
async function isChunk(
  file: FileHandle,
  at: number,
  leftBytes: number,
  u32: (bytes: Buffer, at: number) => number,
): Promise<boolean> {
  const header = await bytesAt(file, at, 8);
  return header.length === 8 && /^[ -~]{4}$/.test(header.toString('latin1', 0, 4)) && u32(header, 4) + 8 <= leftBytes;
}

function readFormat(
  bytes: Buffer,
  isLittleEndian: boolean,
): Omit<WavLayout, 'dataStartBytes' | 'dataBytes' | 'missingBytes'> | null {
  if (bytes.length < 14) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u16 = (at: number) => view.getUint16(at, isLittleEndian);
  const isExtensible = u16(0) === 0xfffe && bytes.length >= 26;
  const tag = isExtensible ? u16(24) : u16(0);
  const channelCount = u16(2);
  const sampleRateHz = view.getUint32(4, isLittleEndian);
  const frameBytes = u16(12);
  if (channelCount < 1 || sampleRateHz < 1 || frameBytes < channelCount || frameBytes % channelCount !== 0) return null;
  const form = {
    kind: kindOf(tag, frameBytes / channelCount),
    bytesPerSample: frameBytes / channelCount,
    isLittleEndian,
  };
  if (form.kind === null) return null;
  const known: PcmForm = { ...form, kind: form.kind };
  return isPcmForm(known) ? { form: known, channelCount, sampleRateHz, frameBytes } : null;
}

function kindOf(tag: number, bytesPerSample: number): PcmForm['kind'] | null {
  if (tag === 1) return bytesPerSample === 1 ? 'unsigned' : 'signed';
  if (tag === 3) return 'float';
  if (tag === 6) return 'a-law';
  return tag === 7 ? 'mu-law' : null;
}

async function bytesAt(file: FileHandle, positionBytes: number, sizeBytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, positionBytes);
  return buffer.subarray(0, bytesRead);
}
