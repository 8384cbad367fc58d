/// <reference lib="dom" preserve="true" />
import type { TranscriptWords } from '../session-publisher.ts';
import { RecognizedSegments } from './recognized-segments.ts';

/** The part of the Web Speech API that is used here; its class has no type in TypeScript's library. */
interface Recognizer {
  continuous: boolean;
  interimResults: boolean;
  lang: string;
  onresult: ((event: RecognizerResults) => void) | null;
  onerror: ((event: { readonly error: string }) => void) | null;
  onend: (() => void) | null;
  start(track?: MediaStreamTrack): void;
  abort(): void;
}

interface RecognizerResults {
  readonly resultIndex: number;
  readonly results: ArrayLike<{ readonly isFinal: boolean; readonly 0?: { readonly transcript: string } }>;
}

/** The browser's own speech recognition as timed segments. */
export interface SpeechCapture {
  /**
   * @param nowMs - media time now.
   * @param deliver - gets every segment, first as guesses.
   * @param unavailable - called once, with the browser's reason, when recognition cannot go on.
   */
  start(nowMs: () => number, deliver: (words: TranscriptWords) => void, unavailable: (reason: string) => void): void;
  stop(): void;
}

/** Reasons after which recognition goes on by itself: nobody spoke, or it was interrupted. */
const HARMLESS = new Set(['no-speech', 'aborted']);
const RESTART_DELAY_MS = 250;

/**
 * @param language - BCP 47 tag of what is spoken.
 * @returns null where the browser recognises no speech.
 */
export function openSpeechCapture(track: MediaStreamTrack, language: string): SpeechCapture | null {
  const { SpeechRecognition, webkitSpeechRecognition } = globalThis as {
    SpeechRecognition?: new () => Recognizer;
    webkitSpeechRecognition?: new () => Recognizer;
  };
  const RecognizerClass = SpeechRecognition ?? webkitSpeechRecognition;
  if (RecognizerClass === undefined) return null;
  const recognizer = new RecognizerClass();
  recognizer.continuous = true;
  recognizer.interimResults = true;
  recognizer.lang = language;
  let running = false;
  let restartTimer: ReturnType<typeof setTimeout> | undefined;

  return {
    start(nowMs, deliver, unavailable) {
      const segments = new RecognizedSegments();
      running = true;
      recognizer.onresult = ({ resultIndex, results }) => {
        for (let index = resultIndex; index < results.length; index += 1) {
          const result = results[index];
          const text = result?.[0]?.transcript;
          if (result === undefined || text === undefined) continue;
          const words = segments.update(index, { text, final: result.isFinal }, nowMs());
          if (words !== null && running) deliver(words);
        }
      };
      recognizer.onerror = ({ error }) => {
        if (HARMLESS.has(error) || !running) return;
        running = false;
        unavailable(error);
      };
      // Browsers end recognition after a while of silence.
      recognizer.onend = () => {
        if (!running) return;
        segments.restart();
        restartTimer = setTimeout(() => recognizer.start(track), RESTART_DELAY_MS);
      };
      recognizer.start(track);
    },
    stop() {
      running = false;
      clearTimeout(restartTimer);
      recognizer.abort();
    },
  };
}
