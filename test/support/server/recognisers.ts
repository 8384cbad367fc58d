import { readdirSync, readFileSync } from 'node:fs';
import type { TranscriptSourceName } from '../../../client-sdk/protocol/index.ts';
import type { SourceSegment } from '../../../server/ingest/transcripts/transcript-source.ts';

type Message = Readonly<Record<string, unknown>>;

/** Messages of a recogniser as its documents show them, and what is read of them. */
export interface GoldenMessages {
  readonly name: string;
  readonly source: TranscriptSourceName;
  /** Where the messages are documented. */
  readonly from: string;
  readonly messages: readonly Message[];
  readonly segments: readonly SourceSegment[];
}

const FOLDER = new URL('../../fixtures/transcripts/', import.meta.url);

export const GOLDENS: readonly GoldenMessages[] = readdirSync(FOLDER).map((name) => {
  const golden = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Omit<GoldenMessages, 'name'>;
  return { ...golden, name: name.replace('.json', '') };
});

const words = <T>(text: string, make: (word: string, start: number, end: number) => T) =>
  text.split(' ').map((word, index) => make(word, 0.5 + index * 0.3, 0.75 + index * 0.3));

/** Messages with final words at half a second of the recogniser's clock, with the ids that a new session gives first. */
export const FIRST_FINALS: Readonly<Record<TranscriptSourceName, (text: string) => readonly Message[]>> = {
  assemblyai: (transcript) => [
    {
      type: 'Turn',
      turn_order: 0,
      turn_is_formatted: true,
      end_of_turn: true,
      transcript,
      words: words(transcript, (text, start, end) => ({
        text,
        start: start * 1000,
        end: end * 1000,
        word_is_final: true,
      })),
    },
  ],
  aws: (text) => [
    {
      TranscriptEvent: {
        Transcript: {
          Results: [
            { ResultId: 'r-0', StartTime: 0.5, EndTime: 2, IsPartial: false, Alternatives: [{ Transcript: text }] },
          ],
        },
      },
    },
  ],
  azure: (text) => [{ RecognitionStatus: 'Success', DisplayText: text, Offset: 5_000_000, Duration: 15_000_000 }],
  deepgram: (transcript) => [
    {
      type: 'Results',
      channel_index: [0, 1],
      start: 0,
      duration: 2,
      is_final: true,
      channel: {
        alternatives: [{ transcript, words: words(transcript, (word, start, end) => ({ word, start, end })) }],
      },
    },
  ],
  elevenlabs: (text) => [
    {
      message_type: 'committed_transcript_with_timestamps',
      text,
      words: words(text, (word, start, end) => ({ text: word, start, end, type: 'word' })),
    },
  ],
  gladia: (text) => [
    {
      type: 'transcript',
      data: { id: '00_00000000', is_final: true, utterance: { text, start: 0.5, end: 2, channel: 0 } },
    },
  ],
  google: (transcript) => [{ results: [{ alternatives: [{ transcript }], isFinal: true, resultEndOffset: '2s' }] }],
  openai: (transcript) => [
    { type: 'input_audio_buffer.speech_started', item_id: 'item_0', audio_start_ms: 500 },
    { type: 'input_audio_buffer.speech_stopped', item_id: 'item_0', audio_end_ms: 2000 },
    { type: 'conversation.item.input_audio_transcription.completed', item_id: 'item_0', transcript },
  ],
  soniox: (text) => [
    {
      tokens: [
        ...words(text, (word, start, end) => ({
          text: ` ${word}`,
          start_ms: start * 1000,
          end_ms: end * 1000,
          is_final: true,
        })),
        { text: '<end>', is_final: true },
      ],
    },
  ],
  speechmatics: (text) => [
    {
      message: 'AddTranscript',
      metadata: { start_time: 0.5, end_time: 2, transcript: text },
      results: words(text, (content, start, end) => ({
        type: 'word',
        start_time: start,
        end_time: end,
        alternatives: [{ content }],
      })),
    },
  ],
  vosk: (text) => [{ text, result: words(text, (word, start, end) => ({ word, start, end, conf: 1 })) }],
  whisper: (text) => [{ segments: [{ id: 0, start: 0.5, end: 2, text }] }],
};
