/// <reference lib="dom" preserve="true" />

import { ClientError } from '../../connection/client-error.ts';
import { reconnectDelayMs, resolveReconnectPolicy } from '../../connection/reconnect-policy.ts';
import { checkAddress } from '../../connection/web-socket.ts';
import type { TrackMedia } from '../../protocol/index.ts';
import { openSpeechCapture } from '../capture/speech-capture.ts';
import type { PublishMediaOptions, SpeechOptions } from '../publish-media-options.ts';
import type { PublishedMedia } from '../published-media.ts';
import type { SessionOptions } from '../session-publisher.ts';
import type { StreamTracks } from '../stream-tracks.ts';
import { WhipConnection } from './whip-connection.ts';

/** The options that publishing by WHIP reads. */
export type WhipOptions = SessionOptions & Pick<PublishMediaOptions, 'participant' | 'reconnect'> & SpeechOptions;

/**
 * Publishes a stream's first audio and first video track by WebRTC. If the connection is lost, it connects again, in the
 * same session. What is said in between is lost.
 */
export async function publishByWhip({ audio, video }: StreamTracks, options: WhipOptions): Promise<PublishedMedia> {
  const { participant, title, traceparent, signal, speechLanguage, onTranscript, onSpeechUnavailable } = options;
  checkAddress(options);
  signal?.throwIfAborted();
  const policy = resolveReconnectPolicy(options.reconnect ?? {});
  const tracks = [audio, video].filter((track) => track !== undefined);
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  // A caller who does not watch `closed` learns of the end from the next call.
  closed.catch(() => {});
  const stopping = new AbortController();
  let connection: WhipConnection | null = null;
  let clock: { readonly mediaMs: number; readonly atMs: number } | null = null;

  const open = (sessionId: string | undefined): Promise<WhipConnection> =>
    WhipConnection.open({
      address: options,
      tracks,
      participant,
      sessionId,
      title,
      traceparent,
      signal: signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]),
      onMediaTime(mediaMs) {
        clock = { mediaMs, atMs: performance.now() };
        startSpeech();
      },
      onRefused: (error) => options.onRefused?.(error),
      onLost: () => void reopen(),
    });

  const speech = audio === undefined || speechLanguage === undefined ? null : openSpeechCapture(audio, speechLanguage);
  let isSpeechRunning = false;
  const startSpeech = (): void => {
    if (speech === null || isSpeechRunning) return;
    isSpeechRunning = true;
    speech.start(
      () => (clock === null ? 0 : clock.mediaMs + performance.now() - clock.atMs),
      (words) => {
        connection?.sendWords(words);
        onTranscript?.(words);
      },
      (reason) => onSpeechUnavailable?.(reason),
    );
  };

  const finish = (error: unknown): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    speech?.stop();
    signal?.removeEventListener('abort', abort);
    void connection?.close();
    if (error === null) resolve();
    else reject(error);
  };
  const abort = (): void => finish(null);

  const reopen = async (): Promise<void> => {
    const sessionId = connection?.sessionId ?? '';
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      try {
        connection = await open(sessionId);
        // Stopped while the answer was on its way.
        if (stopping.signal.aborted) await connection.close();
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        // The session was ended for all: there is nothing to come back to.
        if (error instanceof ClientError && error.code === 'session-taken') return finish(null);
        const delayMs = reconnectDelayMs(attempt, policy, Math.random);
        if (!(error instanceof ClientError && error.retry) || delayMs === null) return finish(error);
        await new Promise((wake) => setTimeout(wake, delayMs));
      }
    }
  };

  try {
    connection = await open(options.sessionId);
  } catch (error) {
    speech?.stop();
    throw error;
  }
  const { sessionId } = connection;
  signal?.addEventListener('abort', abort);
  const hasWords = speech !== null && connection.takesWords;
  if (speechLanguage !== undefined && !hasWords) onSpeechUnavailable?.('unsupported');
  const kinds = [audio && 'audio', video && 'video', hasWords && 'transcript'];
  return {
    sessionId,
    kinds: kinds.filter((kind) => typeof kind === 'string') as TrackMedia['kind'][],
    dropped: { audioPackets: 0, videoPackets: 0 },
    closed,
    async stop() {
      const last = connection;
      connection = null;
      await last?.close();
      finish(null);
      return closed;
    },
  };
}
