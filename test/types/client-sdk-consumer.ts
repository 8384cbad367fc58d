/** Compiled, never run, by client-sdk.test.ts: what a consumer may and may not write. */
import {
  type CLOSE_CODES,
  createEmotionClient,
  type EmotionEvent,
  type EmotionLabel,
  openSession,
  type PublishedMedia,
  type PublisherMessage,
  publishMedia,
  type SessionPublisher,
} from '../../client-sdk/index.ts';
import type { UndertoneMeter } from '../../client-sdk/meter/index.ts';
import { type FollowStatus, useEmotions } from '../../client-sdk/react/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<T extends true>(): T | undefined {
  return undefined;
}

export function summarizeEvent(event: EmotionEvent): string {
  switch (event.type) {
    case 'session.started':
      return event.modelId;
    case 'utterance.started':
      // @ts-expect-error Only a scored utterance has an emotion.
      return event.emotion;
    case 'utterance.emotion': {
      const label: EmotionLabel = event.emotion.label;
      holds<Same<typeof event.emotion.probabilities.joy, number>>();
      holds<Same<typeof event.emotion.certain, boolean | undefined>>();
      holds<
        Same<typeof event.dissatisfaction, { readonly probability: number; readonly likely: boolean } | undefined>
      >();
      holds<Same<typeof event.modalities.audio.baseline, { readonly utterances: number } | undefined>>();
      // @ts-expect-error Only a voice is compared with what was heard before.
      event.modalities.text.baseline;
      holds<Same<typeof event.transcript, { readonly text: string } | null>>();
      // @ts-expect-error There is no such emotion.
      holds<Same<typeof event.emotion.probabilities.boredom, number>>();
      // @ts-expect-error Events are read-only.
      event.sequence = 1;
      return label;
    }
    case 'utterance.failed':
      return event.code;
    case 'session.ended':
      return event.reason;
    default:
      return event satisfies never;
  }
}

export async function consume(): Promise<void> {
  const client = createEmotionClient({ url: new URL('http://localhost'), reconnect: { maxAttempts: 3 } });
  for await (const event of client.events('call-1', { afterSequence: 3 })) holds<Same<typeof event, EmotionEvent>>();
  // @ts-expect-error An address is needed.
  createEmotionClient({});
  // @ts-expect-error A typing mistake in an option is found.
  client.events('call-1', { aftersequence: 3 });
}

export async function publish(): Promise<void> {
  const session: SessionPublisher = await openSession({ url: 'http://localhost' });
  await session.addTrack({ id: 'a' }, { kind: 'video', encoding: 'jpeg' });
  // @ts-expect-error Audio needs its rate.
  await session.addTrack({ id: 'a' }, { kind: 'audio', encoding: 'pcm-s16le' });
  // @ts-expect-error Not a role.
  await session.addTrack({ id: 'a', role: 'boss' }, { kind: 'transcript' });
}

export async function publishStream(stream: MediaStream): Promise<PublishedMedia> {
  const server = { url: 'http://localhost', participant: { id: 'me' } };
  await publishMedia(stream, { ...server, face: 'device', transport: 'webrtc' });
  // @ts-expect-error There is no third place.
  await publishMedia(stream, { ...server, face: 'cloud' });
  // @ts-expect-error A folder is text or an address.
  await publishMedia(stream, { ...server, face: 'device', deviceFaces: { wasmFolder: 5 } });
  return publishMedia(stream, { ...server, face: 'device', deviceFaces: { wasmFolder: '/w', modelFile: '/m.tflite' } });
}

export function followSession(sessionId: string | null): string {
  const { status, latest, error } = useEmotions(sessionId, { url: 'http://localhost', maxEvents: 5 });
  holds<Same<typeof status, FollowStatus>>();
  // @ts-expect-error What is known is never changed in place.
  latest.clear();
  // @ts-expect-error A server is needed.
  useEmotions(sessionId, {});
  return latest.get('me')?.emotion.label ?? error?.message ?? status;
}

export function show(meter: UndertoneMeter): void {
  meter.token = 'secret';
  // @ts-expect-error What is known is read only.
  meter.followed = null;
}

// @ts-expect-error The version is a literal.
export const wrongVersion: PublisherMessage = { type: 'session.start', version: 2 };

holds<Same<(typeof CLOSE_CODES)['unauthorized']['code'], 4401>>();
