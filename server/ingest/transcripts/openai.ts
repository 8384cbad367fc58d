import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

interface Item {
  startMs: number | null;
  endMs: number | null;
  text: string;
  hasSegments: boolean;
}

/** Items whose words may still come. */
const MAX_ITEMS = 100;
const TRANSCRIPTION = 'conversation.item.input_audio_transcription.';
const OTHER_TYPES =
  /^(?:error|(?:session|transcription_session|input_audio_buffer|conversation|response|rate_limits)\..+)$/;

/**
 * Reads OpenAI's Realtime API: https://platform.openai.com/docs/guides/realtime-transcription. The words of an item
 * carry no times. Those of `input_audio_buffer.speech_started` and `speech_stopped` hold for them, so send these, too.
 */
export function openAiReader(): ReadRecognized {
  const items = new Map<string, Item>();
  const itemOf = (message: ForeignObject): readonly [string, Item] => {
    const id = textOf(message.item_id, 64) ?? '';
    const item = items.get(id) ?? { startMs: null, endMs: null, text: '', hasSegments: false };
    items.set(id, item);
    if (items.size > MAX_ITEMS) items.delete(items.keys().next().value!);
    return [id, item];
  };
  return (value) => {
    const message = objectOf(value);
    const type = textOf(message.type) ?? '';
    if (type === 'input_audio_buffer.speech_started') itemOf(message)[1].startMs = numberOf(message.audio_start_ms);
    if (type === 'input_audio_buffer.speech_stopped') itemOf(message)[1].endMs = numberOf(message.audio_end_ms);
    if (!type.startsWith(TRANSCRIPTION)) return OTHER_TYPES.test(type) ? [] : null;
    const [id, item] = itemOf(message);
    const { startMs, endMs } = item;
    const words = (text: string, final: boolean): RecognizedSegment[] => [
      { id, channel: 0, startMs, endMs, text, final, words: [] },
    ];
    switch (type.slice(TRANSCRIPTION.length)) {
      case 'delta':
        item.text = (item.text + (textOf(message.delta, Number.POSITIVE_INFINITY) ?? '')).slice(0, 10_000);
        return words(item.text, false);
      case 'segment':
        item.hasSegments = true;
        return [readSegment(message, item)];
      case 'completed':
        items.delete(id);
        return item.hasSegments ? [] : words(textOf(message.transcript, Number.POSITIVE_INFINITY) ?? '', true);
      default:
        return [];
    }
  };
}

/** A speaker's part of an item. Its times count from the start of the item, or of the session. */
function readSegment(message: ForeignObject, item: Item): RecognizedSegment {
  const [start, end] = [secondsToMs(message.start), secondsToMs(message.end)];
  const fromMs = start !== null && item.startMs !== null && start < item.startMs - 500 ? item.startMs : 0;
  return {
    id: textOf(message.id, 64),
    channel: 0,
    startMs: start === null ? item.startMs : start + fromMs,
    endMs: end === null ? item.endMs : end + fromMs,
    text: textOf(message.text, Number.POSITIVE_INFINITY) ?? '',
    final: true,
    words: [],
    speaker: speakerLabel(message.speaker),
  };
}
