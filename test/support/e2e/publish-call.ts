import { setTimeout as sleep } from 'node:timers/promises';
import { createEmotionClient, openSession, type SessionPublisher, type TrackMedia } from '../../../client-sdk/index.ts';
import { type CallItem, trackIdOf } from './call-script.ts';
import { isEmotion } from './events.ts';

export interface PublishCallOptions {
  readonly url: string;
  /** The server's token. Default: none. */
  readonly token?: string;
  readonly items: readonly CallItem[];
  /** Media time over wall-clock time. Default 1, as in a live call. */
  readonly speed?: number;
  /** Called with the publisher once the session is open and its tracks are announced. */
  readonly onOpen?: (session: SessionPublisher) => void;
  /** Holds an item, and what follows it, back until the promise resolves. */
  readonly hold?: (item: CallItem) => Promise<unknown> | undefined;
  /** Called with each item when it is passed to the SDK. */
  readonly onSent?: (item: CallItem) => void;
  /** Leaves the session open; the caller closes it. Default: ends the session and waits for its last utterance. */
  readonly leaveOpen?: boolean;
}

/** Publishes a call through the client SDK, each item at its time. `items` must be in order. */
export async function publishCall(options: PublishCallOptions): Promise<SessionPublisher> {
  const { url, token, items, speed = 1, onOpen, hold, onSent, leaveOpen = false } = options;
  const session = await openSession({ url, title: 'A published call', ...(token !== undefined && { token }) });
  const tracks = new Map<string, number>();
  for (const item of items) {
    const trackId = trackIdOf(item);
    if (tracks.has(trackId)) continue;
    const { id, role, displayName } = item.speaker;
    tracks.set(trackId, await session.addTrack({ id, role, displayName: displayName ?? id }, mediaOf(item)));
  }
  onOpen?.(session);
  const openedMs = performance.now();
  for (const item of items) {
    const waitMs = openedMs + item.atMs / speed - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    await hold?.(item);
    send(session, tracks.get(trackIdOf(item))!, item);
    onSent?.(item);
  }
  if (!leaveOpen) await session.end();
  return session;
}

/** Lets no words out before an utterance of the call has been scored by its voice, however slow the machine is. */
export function wordsAfterScore(url: string): Required<Pick<PublishCallOptions, 'onOpen' | 'hold'>> {
  const scored = Promise.withResolvers<void>();
  const watch = async (sessionId: string): Promise<void> => {
    for await (const event of createEmotionClient({ url }).events(sessionId)) if (isEmotion(event)) return;
  };
  return {
    onOpen: ({ sessionId }) => void watch(sessionId).then(scored.resolve, scored.reject),
    hold: ({ kind }) => (kind === 'words' ? scored.promise : undefined),
  };
}

function mediaOf(item: CallItem): TrackMedia {
  if (item.kind === 'words') return { kind: 'transcript', language: 'en' };
  if (item.kind === 'picture') return { kind: 'video', encoding: 'jpeg' };
  return { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: item.sampleRateHz };
}

function send(session: SessionPublisher, track: number, item: CallItem): void {
  if (item.kind === 'audio') session.sendAudio(track, item.samples, item.startMs);
  else if (item.kind === 'picture') session.sendImage(track, item.jpeg, item.startMs);
  else {
    const { segmentId, startMs, endMs, text } = item;
    session.sendTranscript(track, { segmentId, startMs, endMs, text, final: true });
  }
}
