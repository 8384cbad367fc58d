import type { Warn } from '../analysis-warning.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { voiceParts } from './cue-text.ts';
import { parseTime } from './parse-time.ts';
import { SkippedCues } from './skipped-cues.ts';
import { type SpokenLine, speakersOfLines } from './speaker-prefixes.ts';

/** What WebVTT puts between a cue's times and the end of its line is not read. */
const ARROW = '-->';

interface RawCue {
  readonly startMs: number;
  readonly endMs: number;
  readonly lines: string[];
}

/**
 * Reads WebVTT and SubRip as their standards and their users write them. A line with `-->` begins a cue, with or without
 * a blank line before it. A cue whose times cannot be read is skipped with a warning that names the line.
 *
 * @returns null if the text holds no line with `-->`.
 */
export function readTimedText(source: string, warn: Warn): TranscriptCue[] | null {
  const lines = source.split(/\r\n|\n|\r/);
  const skipped = new SkippedCues(warn);
  const { cues, arrowCount } = readBlocks(lines, skipped);
  skipped.finish();
  if (arrowCount === 0) return null;
  return toTranscriptCues(cues);
}

function readBlocks(lines: readonly string[], skipped: SkippedCues): { cues: RawCue[]; arrowCount: number } {
  const cues: RawCue[] = [];
  let arrowCount = 0;
  /** The lines that follow belong to it. Null: they belong to no cue, such as those of the header. */
  let cue: RawCue | null = null;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const isBlockStart = index === 0 || isBlank(lines[index - 1]!);
    if (isBlockStart && isComment(lines, index)) {
      index = endOfBlock(lines, index);
      continue;
    }
    if (line.includes(ARROW) && (isBlockStart || isTimeLine(line) || isNumbered(lines, index) || cue === null)) {
      arrowCount += 1;
      // The line above the times may be the cue's identifier.
      if (cue !== null && isIdentifier(lines, index)) cue.lines.pop();
      cue = cueAt(line);
      if (cue.endMs >= cue.startMs) cues.push(cue);
      // The text of a cue that is left out goes with it.
      else
        skipped.add(
          `line ${index + 1} ${Number.isNaN(cue.endMs - cue.startMs) ? 'has no time that can be read' : 'ends before it begins'}`,
        );
    } else if (cue !== null && !isBlank(line)) {
      cue.lines.push(line);
    }
  }
  return { cues, arrowCount };
}

/** Whether the line above begins a block and is a number, as above each time line of SubRip. */
function isNumbered(lines: readonly string[], index: number): boolean {
  return /^\s*\d+\s*$/.test(lines[index - 1] ?? '') && isBlank(lines[index - 2] ?? '');
}

/** Whether the line above a time line is an identifier: it begins a block, or is a number in the middle of one. */
function isIdentifier(lines: readonly string[], index: number): boolean {
  const above = lines[index - 1] ?? '';
  if (isBlank(above)) return false;
  return /^\s*\d+\s*$/.test(above) || isBlank(lines[index - 2] ?? '');
}

/** A note, a style or a region. A note may contain anything, but not several cues. */
function isComment(lines: readonly string[], index: number): boolean {
  const line = lines[index]!.trim();
  if (line === 'STYLE' || line === 'REGION') return true;
  if (!/^NOTE(?:[ \t]|$)/.test(line)) return false;
  if (line !== 'NOTE') return true;
  let timeLines = 0;
  for (let at = index + 1; at < lines.length && !isBlank(lines[at]!); at++) if (isTimeLine(lines[at]!)) timeLines += 1;
  return timeLines < 2;
}

/** The index of the last line of the comment that begins at `index`. */
function endOfBlock(lines: readonly string[], index: number): number {
  const isBare = lines[index]!.trim() === 'NOTE';
  let at = index;
  while (at + 1 < lines.length && !isBlank(lines[at + 1]!) && (isBare || !isTimeLine(lines[at + 1]!))) at += 1;
  return at;
}

/** A line that is meant as the times of a cue, even if they are wrong. */
function isTimeLine(line: string): boolean {
  return /^\s*-?\d[\d:.,]{0,30}\s{0,20}-->/.test(line) || /-->\s{0,20}-?\d{1,4}:\d\d[:.,]/.test(line);
}

/** A time that cannot be read becomes NaN. */
function cueAt(line: string): RawCue {
  const at = line.indexOf(ARROW);
  const startMs = parseTime(line.slice(0, at));
  const endMs = parseTime(/^\s*(\S*)/.exec(line.slice(at + ARROW.length))![1]!);
  return { startMs: startMs ?? Number.NaN, endMs: endMs ?? Number.NaN, lines: [] };
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** Finds who says what in each cue. A cue with several voices becomes several cues that share its time. */
function toTranscriptCues(cues: readonly RawCue[]): TranscriptCue[] {
  const parts = cues.map(({ lines }) => spokenLines(lines));
  const named = speakersOfLines(parts);
  return cues.flatMap(({ startMs, endMs }, index) => shareTime(named[index]!, startMs, endMs));
}

function spokenLines(lines: readonly string[]): SpokenLine[] {
  const payload = lines.join('\n').trim();
  const metadata = payload.startsWith('{') ? teamsPart(payload) : null;
  if (metadata !== null) return [metadata];
  // A voice goes on over the lines of its cue.
  if (/<v[.\s]/.test(payload)) return voiceParts(payload).map((part) => ({ ...part, isTagged: true }));
  return lines.flatMap((line) => voiceParts(line)).map((part) => ({ ...part, isTagged: false }));
}

/** Microsoft Teams can give each cue as JSON. */
function teamsPart(payload: string): SpokenLine | null {
  try {
    const { speakerName, spokenText } = JSON.parse(payload) as Record<string, unknown>;
    if (typeof spokenText !== 'string') return null;
    const speaker = typeof speakerName === 'string' && speakerName.trim() !== '' ? speakerName.trim() : null;
    return { speaker, text: spokenText.replace(/\s+/g, ' ').trim(), isTagged: true };
  } catch {
    return null;
  }
}

/** Shares a cue's time among its parts in proportion to their length. */
function shareTime(
  parts: readonly { readonly speaker: string | null; readonly text: string }[],
  startMs: number,
  endMs: number,
): TranscriptCue[] {
  const total = parts.reduce((sum, { text }) => sum + text.length, 0);
  const at = (characters: number) => Math.round(startMs + ((endMs - startMs) * characters) / Math.max(1, total));
  let done = 0;
  return parts.map(({ speaker, text }) => {
    const partStartMs = at(done);
    done += text.length;
    return { startMs: partStartMs, endMs: at(done), text, speaker };
  });
}
