import { setTimeout as sleep } from 'node:timers/promises';
import { createEmotionClient, type SessionPublisher } from '../../client-sdk/index.ts';
import { nearestRank } from '../bench/statistics.ts';
import { byArrival, PACKET_MS } from '../support/e2e/call-script.ts';
import { isEmotion } from '../support/e2e/events.ts';
import { type PublishCallOptions, publishCall } from '../support/e2e/publish-call.ts';
import { readSampleCall } from '../support/e2e/sample-call.ts';
import type { ServerUnderAttack } from './server-under-attack.ts';

export interface NeighbourOptions {
  /** The server's token. Default: none. */
  readonly token?: string;
  /** Calls at once, staggered by a second. Default 2. */
  readonly calls?: number;
  /** How much of the sample call each plays, in ms of real time. Default 20,000; the whole call has 62,000. */
  readonly untilMs?: number;
  /** Media time over wall-clock time. Default 1; the delays of a faster call say nothing. */
  readonly speed?: number;
}

/** What well-behaved live calls noticed. Delays are as their subscriber saw them. */
export interface NeighbourReport {
  /** Utterances that were told. */
  readonly utterances: number;
  /** Utterances that failed, or were never told. */
  readonly failures: number;
  /** From the last sample of an utterance sent to its first event: 95th percentile and worst, in ms. */
  readonly firstP95Ms: number;
  readonly firstWorstMs: number;
  /** From words sent to the revision that holds them: 95th percentile, in ms. */
  readonly wordsP95Ms: number;
}

/** Words come this long after they were spoken: the first score never has them. */
const WORDS_DELAY_MS = 2500;

/**
 * Plays a part of the sample call to the server in real time, as its users would, and tells what they noticed. The delay
 * of a first score contains the silence that ends an utterance (some 600 ms), on a quiet server too: compare
 * {@link slowdown}, which leaves it out.
 */
export async function callBeside(server: ServerUnderAttack, options: NeighbourOptions = {}): Promise<NeighbourReport> {
  const { token, calls = 2, untilMs = 20_000, speed = 1 } = options;
  const sample = await readSampleCall();
  const items = byArrival([...sample.audio(untilMs), ...sample.words(WORDS_DELAY_MS, untilMs - WORDS_DELAY_MS)]);
  const first: number[] = [];
  const words: number[] = [];
  let failures = 0;
  const one = async (number: number): Promise<void> => {
    await sleep(1000 * number);
    const { told, missing } = await playAndRead({
      url: server.url,
      items,
      speed,
      ...(token !== undefined && { token }),
    });
    failures += missing;
    first.push(...told.first);
    words.push(...told.words);
  };
  await Promise.all(Array.from({ length: calls }, (_, number) => one(number)));
  return {
    utterances: first.length,
    failures,
    firstP95Ms: nearestRank(first, 0.95),
    firstWorstMs: Math.max(...first),
    wordsP95Ms: nearestRank(words, 0.95),
  };
}

/** @throws Error when the calls had no utterance, or lost one. */
export function mustHaveTold({ utterances, failures }: NeighbourReport): void {
  if (utterances === 0 || failures > 0) throw new Error(`${failures} of the neighbours’ utterances were not told`);
}

/** Silence that ends an utterance, in ms: nobody can be told before. */
const SILENCE_MS = 500;

/** How many times as long the 95th percentiles became: of first scores, and of words. */
export function slowdown(quiet: NeighbourReport, attacked: NeighbourReport): { first: number; words: number } {
  return {
    first: (attacked.firstP95Ms - SILENCE_MS) / (quiet.firstP95Ms - SILENCE_MS),
    words: attacked.wordsP95Ms / quiet.wordsP95Ms,
  };
}

async function playAndRead(call: Pick<PublishCallOptions, 'url' | 'items' | 'speed' | 'token'>) {
  const voiceSentAt = new Map<string, number>();
  const wordsSentAt = new Map<string, number>();
  const told = { first: [] as number[], words: [] as number[] };
  const started = new Set<string>();
  const opened = Promise.withResolvers<SessionPublisher>();
  const published = publishCall({
    ...call,
    onOpen: opened.resolve,
    onSent(item) {
      if (item.kind === 'audio') voiceSentAt.set(packetKey(item.speaker.id, item.startMs), performance.now());
      else if (item.kind === 'words') wordsSentAt.set(item.text, performance.now());
    },
  });
  const { sessionId } = await Promise.race([opened.promise, published]);
  const read = async (): Promise<void> => {
    for await (const event of createEmotionClient(call).events(sessionId)) {
      if (event.type === 'utterance.started') started.add(event.utteranceId);
      if (!isEmotion(event)) continue;
      const { participant, revision, endMs, transcript, utteranceId } = event;
      if (revision === 0) {
        started.delete(utteranceId);
        const sentAt = voiceSentAt.get(packetKey(participant.id, endMs - 1));
        if (sentAt !== undefined) told.first.push(performance.now() - sentAt);
      } else {
        const sentAt = wordsSentAt.get(transcript?.text ?? '');
        if (sentAt !== undefined) told.words.push(performance.now() - sentAt);
      }
    }
  };
  await Promise.all([read(), published]);
  return { told, missing: started.size };
}

const packetKey = (participantId: string, ms: number): string => `${participantId} ${Math.floor(ms / PACKET_MS)}`;
