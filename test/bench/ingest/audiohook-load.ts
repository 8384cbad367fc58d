import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { AudioHookPeer } from '../../support/telephony/audiohook-peer.ts';

/** What Genesys sends at once: 200 ms of two channels at 8 kHz. */
export const FRAME_MS = 200;
export const FRAME_SAMPLES = 1600;
/** How often Genesys pings. */
const PING_MS = 5000;
/** Granularity of the load's clock. */
const TICK_MS = 5;
/** How long a call that was refused waits before it asks again. */
const AGAIN_MS = 1000;

export interface AudioHookLoad {
  /** `http://…` of the server. */
  readonly url: string;
  readonly sessions: number;
  readonly seconds: number;
  /** The frame of a session that begins at `startMs` of its call: 1600 samples a channel, µ-law, interleaved. */
  readonly frameAt: (session: number, startMs: number) => Uint8Array;
  /** Base64. Default: the upgrades are not signed. */
  readonly clientSecret?: string;
  /** How long calls that were refused ask again, in ms. Default: not at all. */
  readonly askAgainForMs?: number;
  /** Called when the calls are open and the measurement begins. */
  readonly onOpen?: () => Promise<void>;
}

/** How a call was answered, from the beginning of its connection. */
export interface Answer {
  readonly ms: number;
  /** `full`: refused for want of room. */
  readonly kind: 'opened' | 'full' | 'unauthorized' | 'unanswered';
}

export interface AudioHookLoadResult {
  readonly answers: readonly Answer[];
  /** From `ping` to `pong`, and from a request of `/healthz` to its answer. */
  readonly pingMs: readonly number[];
  readonly healthMs: readonly number[];
  /** Results that came back. */
  readonly events: number;
  /** What the server did against the protocol, and sessions that it ended. */
  readonly problems: readonly string[];
}

/** Asks for all sessions at the same moment. Those that are opened send audio and pings as Genesys does. */
export async function runAudioHookLoad(load: AudioHookLoad): Promise<AudioHookLoadResult> {
  const { sessions, seconds, askAgainForMs = 0 } = load;
  const health = watchHealth(load.url);
  const untilMs = performance.now() + askAgainForMs;
  const open: AudioHookPeer[] = [];
  const answers = await Promise.all(
    Array.from({ length: sessions }, async () => {
      for (;;) {
        const { peer, answer } = await ask(load);
        if (answer.kind === 'opened') open.push(peer);
        else peer.socket.terminate();
        if (answer.kind !== 'full' || performance.now() > untilMs) return answer;
        await sleep(AGAIN_MS);
      }
    }),
  );
  await load.onOpen?.();
  const pingMs = await talk(open, load.frameAt, seconds);
  const healthMs = await health.stop();
  const problems = open.flatMap((peer) => [
    ...peer.problems,
    ...peer.received.filter(({ type }) => type === 'disconnect').map(() => 'a session was disconnected'),
  ]);
  await Promise.all(open.map((peer) => peer.close()));
  const events = open.flatMap((peer) => peer.received.filter(({ type }) => type === 'event')).length;
  return { answers, pingMs, healthMs, events, problems };
}

async function ask({ url, clientSecret }: AudioHookLoad): Promise<{ peer: AudioHookPeer; answer: Answer }> {
  const fromMs = performance.now();
  const socketUrl = url.replace('http', 'ws');
  const peer = new AudioHookPeer({ socketUrl, ...(clientSecret !== undefined && { clientSecret }) });
  const answer = (kind: Answer['kind']) => ({ peer, answer: { ms: performance.now() - fromMs, kind } });
  peer.open().catch(() => {});
  try {
    await peer.connected();
    const { type, parameters } = await peer.until((message) => ['opened', 'disconnect'].includes(message.type));
    if (type === 'opened') return answer('opened');
    return answer(parameters.reason === 'unauthorized' ? 'unauthorized' : 'full');
  } catch (error) {
    return answer((error as Error).message === 'HTTP 503' ? 'full' : 'unanswered');
  }
}

/** Sends audio and pings, evenly spread over time. Returns how long each pong took. */
async function talk(peers: AudioHookPeer[], frameAt: AudioHookLoad['frameAt'], seconds: number): Promise<number[]> {
  const pingMs: number[] = [];
  const pings: Promise<unknown>[] = [];
  const startedMs = performance.now();
  const due = peers.map((_, index) => ({
    frameMs: startedMs + (index * FRAME_MS) / peers.length,
    pingMs: startedMs + (index * PING_MS) / peers.length,
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
  return pingMs;
}

/** Asks `/healthz` from another thread until it is stopped. Returns how long each answer took. */
function watchHealth(url: string): { stop(): Promise<readonly number[]> } {
  const thread = new Worker(new URL('./health-thread.ts', import.meta.url), { workerData: url });
  return {
    async stop() {
      const answered = once(thread, 'message');
      thread.postMessage('stop');
      return (await answered)[0] as readonly number[];
    },
  };
}
