/** A line of a cue, or one voice's part of it. */
export interface SpokenLine {
  readonly speaker: string | null;
  readonly text: string;
  /** A tag of the format says who speaks. The text is not searched for a name. */
  readonly isTagged: boolean;
}

type Part = Pick<SpokenLine, 'speaker' | 'text'>;

/** A possible name at the start of a line. */
interface Prefix {
  readonly name: string;
  readonly rest: string;
}

/** Longest name, in characters and in words. */
const MAX_NAME_LENGTH = 60;
const MAX_NAME_WORDS = 6;
/** Shares of the cues that begin with a name, from which names are certain: alone, and if they are repeated. */
const CERTAIN_SHARE = 0.8;
const REPEATED_SHARE = 0.25;

/** What stands before a colon or in brackets without being a name. */
const NO_NAMES = new Set(
  (
    'note notes warning ps re fyi example question answer tip update reminder remember subject ok okay so and but yes ' +
    'no well http https first second third finally music laughter laughs laughing applause inaudible silence noise ' +
    'crosstalk blank_audio unintelligible pause sigh sighs cough phone ringing beep background'
  ).split(' '),
);

/**
 * Finds the names with which transcripts without voice tags begin their lines: `Sam: …`, `SAM: …`, `[Sam] …`,
 * `>> SAM: …`. They count as names only if they behave so across the file: nearly every cue begins with one, or several
 * come again and again. A line that begins with a name begins a new part of its cue.
 *
 * @param cues - the lines of each cue.
 * @returns the parts of each cue.
 */
export function speakersOfLines(cues: readonly (readonly SpokenLine[])[]): Part[][] {
  const names = namesIn(cues);
  let speaker: string | null = null;
  return cues.map((lines) => {
    const parts: Part[] = [];
    for (const [index, line] of lines.entries()) {
      if (line.isTagged) {
        parts.push({ speaker: line.speaker, text: line.text });
        continue;
      }
      const isChange = /^(?:>{2,3}|[-–—])\s*\S/.test(line.text);
      const text = isChange ? line.text.replace(/^(?:>+|[-–—])\s*/, '') : line.text;
      const prefix = prefixOf(text);
      const isNamed = prefix !== null && names.has(keyOf(prefix.name));
      // Where names are given, a line without one goes on with the speaker before it.
      if (isNamed) speaker = prefix.name;
      else if (isChange) speaker = null;
      const begins = isNamed || isChange || index === 0 || parts.length === 0;
      const said = isNamed ? prefix.rest : text;
      const before = parts.at(-1);
      if (begins || before === undefined) parts.push({ speaker, text: said });
      else parts[parts.length - 1] = { ...before, text: `${before.text} ${said}` };
    }
    return parts.filter(({ text }) => text !== '');
  });
}

function namesIn(cues: readonly (readonly SpokenLine[])[]): Set<string> {
  const counts = new Map<string, number>();
  let cueCount = 0;
  let namedCount = 0;
  for (const lines of cues) {
    const plain = lines.filter(({ isTagged }) => !isTagged);
    if (plain.length === 0) continue;
    cueCount += 1;
    const found = plain.flatMap(({ text }) => prefixOf(text.replace(/^(?:>+|[-–—])\s*/, '')) ?? []);
    if (found.length > 0) namedCount += 1;
    for (const { name } of found) counts.set(keyOf(name), (counts.get(keyOf(name)) ?? 0) + 1);
  }
  if (cueCount < 2) return new Set();
  if (namedCount >= CERTAIN_SHARE * cueCount) return new Set(counts.keys());
  const repeated = [...counts].filter(([, count]) => count > 1);
  const total = repeated.reduce((sum, [, count]) => sum + count, 0);
  return new Set(repeated.length > 1 && total >= REPEATED_SHARE * cueCount ? repeated.map(([name]) => name) : []);
}

function keyOf(name: string): string {
  return name.toLowerCase();
}

function prefixOf(text: string): Prefix | null {
  const start = text.slice(0, MAX_NAME_LENGTH + 4);
  const match = /^(?:\[([^[\]]+)\]|\(([^()]+)\)):?\s+/.exec(start) ?? /^([^:[\]<>]+):\s+/.exec(start);
  if (match === null) return null;
  const name = (match[1] ?? match[2] ?? match[3] ?? '').trim();
  const rest = text.slice(match[0].length).trim();
  return rest !== '' && isNameLike(name) ? { name, rest } : null;
}

function isNameLike(name: string): boolean {
  if (name === '' || name.length > MAX_NAME_LENGTH || NO_NAMES.has(name.toLowerCase())) return false;
  // A name has no sentence in it. Initials and titles may end with a dot.
  if (/[!?;,"]|\.\.|[a-z]{5,}\. /.test(name) || !/^[\p{L}\p{N}]/u.test(name) || /^[\d\s.:]+$/.test(name)) return false;
  const words = name.split(/\s+/);
  if (words.length > MAX_NAME_WORDS) return false;
  // `agent` or `speaker 1` may be written small. Several small words are a sentence.
  return words.length <= 2 || words.filter((word) => /^\p{Ll}/u.test(word)).length <= 2;
}
