import { RecordingError } from './recording-error.ts';
import type { TranscriptCue } from './transcript-cue.ts';

export type TranscriptFormat = 'vtt' | 'srt' | 'json';

/**
 * Reads a transcript: WebVTT (voice tags `<v Name>` name the speaker), SubRip, or a JSON array of `{ "startMs",
 * "endMs", "text", "speaker"? }`.
 *
 * @param path - used only in messages.
 * @returns the cues that hold words, sorted by start.
 * @throws RecordingError `transcript-unreadable`, with the place of the first error.
 */
export function parseTranscript(source: string, format: TranscriptFormat, path: string): TranscriptCue[] {
  const cues = format === 'json' ? parseJson(source, path) : parseTimedText(source, format, path);
  return cues.filter((cue) => cue.text !== '').sort((a, b) => a.startMs - b.startMs);
}

function parseJson(source: string, path: string): TranscriptCue[] {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw RecordingError.transcript(path, 'it is not JSON', cause);
  }
  if (!Array.isArray(value))
    throw RecordingError.transcript(path, 'expected an array of {startMs, endMs, text, speaker?}');
  return value.map((item: unknown, index) => {
    const { startMs, endMs, text, speaker } = (typeof item === 'object' && item !== null ? item : {}) as Record<
      string,
      unknown
    >;
    const named = speaker === undefined || speaker === null || typeof speaker === 'string';
    if (!isRange(startMs, endMs) || typeof text !== 'string' || !named) {
      throw RecordingError.transcript(
        path,
        `item ${index} is not {startMs, endMs, text, speaker?} with startMs ≤ endMs`,
      );
    }
    return {
      startMs: startMs as number,
      endMs: endMs as number,
      text: text.trim(),
      speaker: (speaker as string | undefined) ?? null,
    };
  });
}

const TIMING = /^(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})\s+-->\s+(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{3})(?:\s|$)/;
const VOICE = /^<v(?:\.[^\s>]*)?\s+([^>]+)>/;

function parseTimedText(source: string, format: 'vtt' | 'srt', path: string): TranscriptCue[] {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  if (format === 'vtt' && !/^WEBVTT(?:[ \t\n]|$)/.test(text))
    throw RecordingError.transcript(path, 'it does not begin with WEBVTT');
  const cues: TranscriptCue[] = [];
  for (const block of text.split(/\n{2,}/)) {
    const lines = block.split('\n');
    const timingLine = lines.findIndex((line) => line.includes('-->'));
    if (timingLine < 0) continue;
    const timing = TIMING.exec(lines[timingLine]!);
    const startMs = timing === null ? Number.NaN : toMs(timing, 1);
    const endMs = timing === null ? Number.NaN : toMs(timing, 5);
    if (!isRange(startMs, endMs)) throw RecordingError.transcript(path, `cue ${cues.length + 1} has a bad time line`);
    const payload = lines
      .slice(timingLine + 1)
      .join(' ')
      .trim();
    cues.push({ startMs, endMs, text: plainText(payload), speaker: VOICE.exec(payload)?.[1]?.trim() ?? null });
  }
  if (cues.length === 0 && text.replace(/^WEBVTT.*/, '').trim() !== '')
    throw RecordingError.transcript(path, 'it holds no cue');
  return cues;
}

function toMs(match: RegExpExecArray, first: number): number {
  const [hours, minutes, seconds, ms] = [0, 1, 2, 3].map((i) => Number(match[first + i] ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', nbsp: ' ', lrm: '', rlm: '' };

function plainText(payload: string): string {
  return payload
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|nbsp|lrm|rlm);/g, (_, name: string) => ENTITIES[name]!)
    .replace(/\s+/g, ' ')
    .trim();
}

function isRange(startMs: unknown, endMs: unknown): boolean {
  return (
    Number.isFinite(startMs) &&
    Number.isFinite(endMs) &&
    (startMs as number) >= 0 &&
    (endMs as number) >= (startMs as number)
  );
}
