import { joinWords, spoken } from '../../transcripts/join-words.ts';
import type { RecognizedSegment, RecognizedWord } from '../../transcripts/recognized-segment.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import type { ShapedTranscript } from './by-shape/shaped-transcript.ts';
import { MAX_TIME_MS } from './parse-time.ts';
import type { SkippedCues } from './skipped-cues.ts';

/** Most channels that a recording may have. */
const MAX_CHANNELS = 64;

/**
 * The cues of a recogniser's segments. A segment without a usable time is skipped. One whose words have several speakers
 * becomes a cue per speaker.
 */
export function cuesOfSegments(
  { segments, channelCount = 1 }: ShapedTranscript,
  skipped: SkippedCues,
): TranscriptCue[] {
  // A transcript of a single channel was made of the mix.
  const hasChannels = channelCount > 1 || segments.some((segment) => channelOf(segment) > 0);
  return segments.flatMap((segment, index): TranscriptCue[] => {
    if (segment.text.trim() === '') return [];
    const channel = channelOf(segment);
    const parts = bySpeaker(segment);
    if (parts === null) {
      skipped.add(`segment ${index + 1} has no start, or ends before it`);
      return [];
    }
    return parts.map((part) => ({ ...part, ...(hasChannels && { channel }) }));
  });
}

function channelOf({ channel }: RecognizedSegment): number {
  return Number.isInteger(channel) && channel >= 0 && channel < MAX_CHANNELS ? channel : 0;
}

function bySpeaker(segment: RecognizedSegment): TranscriptCue[] | null {
  const { words, speaker = null } = segment;
  const labels = new Set(words.map((word) => word.speaker ?? null));
  if (speaker === null && labels.size > 1) return joinWords(words).map((part) => cue(part, part.speaker ?? null));
  const startMs = segment.startMs ?? words[0]?.startMs ?? null;
  const endMs = segment.endMs ?? words.at(-1)?.endMs ?? null;
  if (startMs === null || endMs === null || startMs < 0 || endMs < startMs || endMs > MAX_TIME_MS) return null;
  return [cue({ ...segment, startMs, endMs }, speaker ?? words[0]?.speaker ?? null)];
}

function cue({ startMs, endMs, text, words }: RecognizedSegment, speaker: string | null): TranscriptCue {
  const timed = words.filter(isWithin(startMs!, endMs!)).map(({ text, startMs, endMs }) => ({ text, startMs, endMs }));
  return {
    startMs: startMs!,
    endMs: endMs!,
    text: (text.trim() === '' ? spoken(words) : text).replace(/\s+/g, ' ').trim(),
    speaker,
    ...(timed.length > 0 && timed.length === words.length && { words: timed }),
  };
}

/** Words far outside their segment are of another clock. */
function isWithin(startMs: number, endMs: number): (word: RecognizedWord) => boolean {
  return (word) => word.startMs >= startMs - 2000 && word.endMs <= endMs + 2000;
}
