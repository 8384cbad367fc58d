import type { TimedWord, TranscriptSegment } from '../media/media-frame.ts';

/** A range of media time, ms. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** A part of a segment, or all of it. */
export interface PlacedSegment extends TranscriptSegment {
  /** The segment that it is a part of. Left out: it is the whole. */
  readonly whole?: TranscriptSegment;
}

/** Where a word stands in a text. */
interface Token {
  readonly from: number;
  readonly to: number;
}

/** Text without spaces is cut into words from this length on. */
const LEAST_UNSPACED = 8;

/**
 * Shares a segment out among the utterances that it covers: each word by its time, or else by how much of their voice is
 * over by then. Utterances that get no word are left out.
 *
 * @param utterances - by start.
 * @returns the part of each utterance; null: no word.
 */
export function shareWords(segment: TranscriptSegment, utterances: readonly TimeRange[]): (PlacedSegment | null)[] {
  const tokens = tokensOf(segment.text);
  const { words } = segment;
  const owners =
    words === undefined || words.length === 0
      ? byVoice(tokens, segment, utterances)
      : byTime(tokens, words, utterances);
  return utterances.map((utterance, index): PlacedSegment | null => {
    const first = owners.indexOf(index);
    if (first < 0) return null;
    const last = owners.lastIndexOf(index);
    if (first === 0 && last === tokens.length - 1) return segment;
    const { startMs, endMs } = segment;
    return {
      ...segment,
      whole: segment,
      text: segment.text.slice(tokens[first]!.from, tokens[last]!.to),
      startMs: Math.min(Math.max(startMs, utterance.startMs), endMs),
      endMs: Math.max(Math.min(endMs, utterance.endMs), startMs),
    };
  });
}

/** Each word goes to the utterance in which its middle lies, or to the nearest one. */
function byTime(tokens: readonly Token[], words: readonly TimedWord[], utterances: readonly TimeRange[]): number[] {
  let owner = 0;
  return tokens.map((_, index) => {
    const { startMs, endMs } = words[Math.floor((index * words.length) / tokens.length)]!;
    const middleMs = (startMs + endMs) / 2;
    for (let next = owner + 1; next < utterances.length; next++) {
      if (distanceMs(utterances[next]!, middleMs) < distanceMs(utterances[owner]!, middleMs)) owner = next;
    }
    return owner;
  });
}

/** As if the words were spoken evenly over the voice. Each utterance gets at least one word, the longest ones first. */
function byVoice(tokens: readonly Token[], segment: TimeRange, utterances: readonly TimeRange[]): number[] {
  const voices = utterances.map((utterance) => overlapMs(utterance, segment));
  const longest = [...voices.keys()].sort((a, b) => voices[b]! - voices[a]!).slice(0, tokens.length);
  const sharing = longest.sort((a, b) => a - b);
  const voiceMs = sharing.reduce((sum, index) => sum + voices[index]!, 0);
  const characters = tokens.reduce((sum, { from, to }) => sum + to - from, 0);
  const ends: number[] = [];
  let [token, spoken, heardMs] = [0, 0, 0];
  for (const [place, index] of sharing.entries()) {
    heardMs += voices[index]!;
    const middle = ({ from, to }: Token) => spoken + (to - from) / 2;
    while (token < tokens.length && middle(tokens[token]!) * voiceMs <= heardMs * characters) {
      spoken += tokens[token]!.to - tokens[token]!.from;
      token += 1;
    }
    ends.push(place === sharing.length - 1 ? tokens.length : token);
  }
  for (let place = 0; place < ends.length; place++) ends[place] = Math.max(ends[place]!, (ends[place - 1] ?? 0) + 1);
  for (let place = ends.length - 1; place >= 0; place--) {
    ends[place] = Math.min(ends[place]!, tokens.length - (ends.length - 1 - place));
  }
  return tokens.map((_, index) => sharing[ends.findIndex((end) => index < end)]!);
}

function tokensOf(text: string): Token[] {
  const tokens = [...text.matchAll(/\S+/g)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
  if (tokens.length > 1 || text.length < LEAST_UNSPACED) return tokens;
  const words = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)];
  return words.map(({ index, segment }) => ({ from: index, to: index + segment.length }));
}

export function overlapMs(a: TimeRange, b: TimeRange): number {
  return Math.max(0, Math.min(a.endMs, b.endMs) - Math.max(a.startMs, b.startMs));
}

function distanceMs({ startMs, endMs }: TimeRange, ms: number): number {
  return Math.max(startMs - ms, ms - endMs, 0);
}
