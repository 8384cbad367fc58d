import { setTimeout as sleep } from 'node:timers/promises';
import { AudioHookPeer } from '../../support/telephony/audiohook-peer.ts';

/** What Genesys sends at once: 200 ms of two channels at 8 kHz. */
const FRAME_MS = 200;
const FRAME_SAMPLES = 1600;
/** How often Genesys pings. */
const PING_MS = 5000;
/** Granularity of the load's clock. */
const TICK_MS = 5;

export interface AudioHookLoad {
  /** `ws://…` of the server. */
  readonly socketUrl: string;
  readonly sessions: number;
  readonly seconds: number;
  /** The frame of a session that begins at `startMs` of its call: 1600 samples a channel, µ-law, interleaved. */
  readonly frameAt: (session: number, startMs: number) => Uint8Array;
}

export interface AudioHookLoadResult {
  /** From `open` to `opened`, a value a session. */
  readonly openedMs: readonly number[];
  /** From `ping` to `pong`. */
  readonly pingMs: readonly number[];
  /** Results that came back. */
  readonly events: number;
  /** What the server did against the protocol, and sessions that it ended. */
  readonly problems: readonly string[];
}

/** Opens all sessions at the same moment, and sends audio and pings as Genesys does, evenly spread over time. */
export async function runAudioHookLoad(load: AudioHookLoad): Promise<AudioHookLoadResult> {
  const { sessions, seconds, frameAt, socketUrl } = load;
  const peers = Array.from({ length: sessions }, () => new AudioHookPeer({ socketUrl }));
  await Promise.all(peers.map((peer) => peer.connected()));
  const openedMs = await Promise.all(peers.map(timeToOpened));
  const pingMs: number[] = [];
  const pings: Promise<unknown>[] = [];
  const startedMs = performance.now();
  const due = peers.map((_, index) => ({
    frameMs: startedMs + (index * FRAME_MS) / sessions,
    pingMs: startedMs + (index * PING_MS) / sessions,
    frames: 0,
  }));
  while (performance.now() - startedMs < seconds * 1000) {
    const now = performance.now();
    for (const [index, peer] of peers.entries()) {
      const next = due[index]!;
      if (next.frameMs <= now) {
        peer.sendAudio(frameAt(index, next.frames * FRAME_MS), FRAME_SAMPLES);
        next.frames += 1;
        next.frameMs += FRAME_MS;
      }
      if (next.pingMs <= now) {
        next.pingMs += PING_MS;
        pings.push(peer.ping().then((ms) => pingMs.push(ms)));
      }
    }
    await sleep(TICK_MS);
  }
  await Promise.all(pings);
  const problems = peers.flatMap((peer) => [
    ...peer.problems,
    ...peer.received.filter(({ type }) => type === 'disconnect').map(() => 'a session was disconnected'),
  ]);
  await Promise.all(peers.map((peer) => peer.close()));
  const events = peers.flatMap((peer) => peer.received.filter(({ type }) => type === 'event')).length;
  return { openedMs, pingMs, events, problems };
}

async function timeToOpened(peer: AudioHookPeer): Promise<number> {
  const sentMs = performance.now();
  await peer.open();
  return performance.now() - sentMs;
}
