import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { withPunctuation } from '../../../transcripts/aws.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import { readWords, secondsToMs, type TimedItem, withTimes } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import { MAX_FILE_WORDS, type ReadShape, type ShapedTranscript } from './shaped-transcript.ts';

/**
 * Reads Amazon Transcribe's output for recordings: plain, with channels, with speakers, and Call Analytics:
 * https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html
 */
export const readAwsFile: ReadShape = (value) => {
  const { results, Transcript: turns } = objectOf(value);
  if (Array.isArray(turns) && turns.some((turn) => 'BeginOffsetMillis' in objectOf(turn)))
    return { segments: turns.map((turn) => readTurn(objectOf(turn))) };
  const { channel_labels: channelLabels, items, speaker_labels: speakerLabels, transcripts } = objectOf(results);
  const channels = listOf(objectOf(channelLabels).channels).map(objectOf);
  if (channels.length > 0) return readChannels(channels, numberOf(objectOf(channelLabels).number_of_channels));
  if (!Array.isArray(items) && !Array.isArray(transcripts)) return null;
  return { segments: joinWords(wordsOf(items, new Speakers(speakerLabels))) };
};

function readTurn(turn: ForeignObject): RecognizedSegment {
  const times = { start: 'BeginOffsetMillis', end: 'EndOffsetMillis', toMs: numberOf };
  return {
    id: null,
    channel: 0,
    startMs: numberOf(turn.BeginOffsetMillis),
    endMs: numberOf(turn.EndOffsetMillis),
    text: textOf(turn.Content, Number.POSITIVE_INFINITY) ?? '',
    final: true,
    words: readWords(withPunctuation(turn.Items), { text: ['Content'], ...times }),
    speaker: speakerLabel(turn.ParticipantRole),
  };
}

function readChannels(channels: readonly ForeignObject[], count: number | null): ShapedTranscript {
  const segments = channels.flatMap(({ channel_label: label, items }, index) => {
    const channel = numberOf(/^ch_(\d{1,2})$/.exec(textOf(label) ?? '')?.[1]) ?? index;
    return joinWords(wordsOf(items, null), channel);
  });
  return { segments, channelCount: Math.max(channels.length, count ?? 0) };
}

function wordsOf(value: unknown, speakers: Speakers | null) {
  const items: TimedItem[] = [];
  for (const item of listOf(value).slice(0, MAX_FILE_WORDS).map(objectOf)) {
    const text = textOf(objectOf(listOf(item.alternatives)[0]).content)?.trim() ?? '';
    const before = items.at(-1);
    if (text === '') continue;
    if (item.type === 'punctuation') {
      if (before !== undefined) items[items.length - 1] = { ...before, text: before.text + text };
      continue;
    }
    const startMs = secondsToMs(item.start_time);
    const label = speakerLabel(item.speaker_label) ?? speakers?.at(startMs) ?? null;
    items.push({ text, startMs, endMs: secondsToMs(item.end_time), ...(label !== null && { speaker: label }) });
  }
  return withTimes(items);
}

/** Who speaks when, where a separate list says so. */
class Speakers {
  readonly #turns: { startMs: number; endMs: number; label: string }[] = [];
  readonly #byStart = new Map<number, string>();
  #at = 0;

  constructor(labels: unknown) {
    for (const segment of listOf(objectOf(labels).segments).map(objectOf)) {
      const label = speakerLabel(segment.speaker_label);
      const [startMs, endMs] = [secondsToMs(segment.start_time), secondsToMs(segment.end_time)];
      if (label === null || startMs === null || endMs === null) continue;
      this.#turns.push({ startMs, endMs, label });
      for (const item of listOf(segment.items).map(objectOf)) {
        const wordStartMs = secondsToMs(item.start_time);
        const own = speakerLabel(item.speaker_label) ?? label;
        if (wordStartMs !== null) this.#byStart.set(wordStartMs, own);
      }
    }
    this.#turns.sort((a, b) => a.startMs - b.startMs);
  }

  /** Ask in order of time. */
  at(startMs: number | null): string | null {
    if (startMs === null) return null;
    const exact = this.#byStart.get(startMs);
    if (exact !== undefined) return exact;
    while (this.#at + 1 < this.#turns.length && this.#turns[this.#at + 1]!.startMs <= startMs) this.#at += 1;
    const turn = this.#turns[this.#at];
    return turn !== undefined && turn.startMs <= startMs && startMs <= turn.endMs ? turn.label : null;
  }
}
