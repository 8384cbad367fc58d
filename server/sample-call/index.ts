import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '../../pipeline/index.ts';
import { grantOfEverything } from '../access/grant.ts';
import { openRecording } from '../ingest/file/recording.ts';
import { recordingFrames } from '../ingest/file/recording-frames.ts';
import { realTimePace, replayFrames } from '../ingest/file/replay-frames.ts';
import { parseSpeakers } from '../ingest/file/speakers.ts';
import { parseTranscript } from '../ingest/file/transcript/parse-transcript.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';

/**
 * Delay between the last spoken word and the transcript, in ms, as with a live recogniser. It makes the revision
 * visible.
 */
const RECOGNITION_DELAY_MS = 1500;

export interface SampleCallContext {
  readonly sessions: SessionRegistry;
  readonly signal: AbortSignal;
  /** Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Plays the bundled sample call into a new session in real time: two synthetic voices on one channel each, their words
 * as a recogniser would send them, and the customer's face in the second part. Resolves at the end of the call or when
 * the signal aborts.
 */
export async function startSampleCall({ sessions, signal, clock = systemClock }: SampleCallContext): Promise<void> {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const transcript = parseTranscript(await readFile(path('sample-call.vtt'), 'utf8'), { path: 'sample-call.vtt' });
  const recording = await openRecording(path('sample-call.webm'));
  const session = sessions.open({ title: 'Sample call' });
  const part = { grant: grantOfEverything('server'), comesBack: false, release: () => {} };
  session.attach(part);
  try {
    const speakers = parseSpeakers('Customer,Agent');
    const frames = recordingFrames(recording, { speakers, transcript, transcriptDelayMs: RECOGNITION_DELAY_MS });
    await replayFrames(frames, (frame) => session.push(frame), realTimePace(clock, signal), signal);
    session.detach(part, 'completed');
  } catch (error) {
    session.detach(part, signal.aborted ? 'shutdown' : 'failed');
    if (!signal.aborted) throw error;
  } finally {
    recording.close();
  }
}
