import type { TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';

/**
 * Signals as text, one line per signal: `opened alice-280`, `closed alice-280 280–1400 silence "words"`, `transcribed
 * alice-280 "words"`. Signals with media are left out.
 */
export function tell(signals: readonly UtteranceSignal[]): string[] {
  return signals.filter((signal) => signal.kind !== 'media').map(line);
}

/** The media of one utterance. Throws if its audio has gaps. */
export function mediaOf(signals: readonly UtteranceSignal[], utteranceId: string) {
  const frames = signals.flatMap((signal) =>
    signal.kind === 'media' && signal.utteranceId === utteranceId ? [signal.frame] : [],
  );
  const audio = frames.filter((frame) => frame.kind === 'audio');
  const imagesMs = frames.flatMap((frame) => (frame.kind === 'video' ? [frame.startMs] : []));
  const startMs = audio[0]?.startMs ?? null;
  let endMs = startMs ?? 0;
  const samples: number[] = [];
  for (const chunk of audio) {
    if (chunk.startMs !== endMs) {
      throw new Error(`Audio of ${utteranceId} has a hole or an overlap at ${endMs} ms`);
    }
    endMs += chunk.samples.length / 16;
    samples.push(...chunk.samples);
  }
  return { startMs, endMs, samples: Float32Array.from(samples), imagesMs };
}

function line(signal: Exclude<UtteranceSignal, { kind: 'media' }>): string {
  if (signal.kind === 'opened') {
    return `opened ${signal.utteranceId}`;
  }
  const { id, startMs, endMs, endedBy } = signal.utterance;
  const words = quote(signal.transcript);
  return signal.kind === 'closed' ? `closed ${id} ${startMs}–${endMs} ${endedBy}${words}` : `transcribed ${id}${words}`;
}

function quote(transcript: readonly TranscriptSegment[]): string {
  return transcript.map(({ text }) => ` "${text}"`).join('');
}
