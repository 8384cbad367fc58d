import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { encodeMediaPacket } from '../../client-sdk/index.ts';
import { SUBSCRIBE_SUBPROTOCOL } from '../../client-sdk/protocol/index.ts';
import { readSampleCall, readSamplePictures } from '../support/e2e/sample-call.ts';
import { Publisher } from '../support/server/peers.ts';
import type { ServerUnderAttack } from './server-under-attack.ts';

/**
 * What one session may do within its limits, as hard as it can, until `signal` aborts. Calls `onDone` for each message that
 * it sent, answer that it read, or session that it ended.
 */
export type Flood = (server: ServerUnderAttack, signal: AbortSignal, onDone: () => void) => Promise<void>;

/** As `maxTracksPerSession` has it. */
const TRACKS = 32;
const RATE_HZ = 16_000;
/** As many as this process can serve beside the neighbours that it plays. */
const READERS = 8;
/** Time in which a history is filled, in ms. */
const HISTORY_MS = 2000;

/** Sixty words, as long as anybody says in 15 s; a new text each time. */
function manyWords(number: number): string {
  const words = ['delivery', 'problem', 'yesterday', 'really', 'nobody', 'answers', 'waiting', 'please', 'account'];
  return Array.from({ length: 60 }, (_, index) => words[(index * 7 + number) % words.length]).join(' ');
}

async function openSession(server: ServerUnderAttack): Promise<Publisher> {
  const publisher = new Publisher(server.socketUrl, { ...server.headers });
  await publisher.opened();
  publisher.send({ type: 'session.start', version: 1 });
  await publisher.untilType('session.ready');
  return publisher;
}

function participant(number: number) {
  return { id: `p${number}`, displayName: `P ${number}` };
}

/** The voices of the bundled call, 16 kHz, one after the other. */
async function speech(): Promise<Int16Array> {
  const { voices } = await readSampleCall(RATE_HZ);
  const samples = new Int16Array(voices[0].length + voices[1].length);
  let at = 0;
  for (const voice of voices) for (const sample of voice) samples[at++] = Math.round(32_767 * sample);
  return samples;
}

/** A stretch of a signal that is repeated without end, as bytes. */
function stretch(signal: Int16Array, from: number, length: number): Uint8Array {
  const part = Int16Array.from({ length }, (_, index) => signal[(from + index) % signal.length]!);
  return new Uint8Array(part.buffer);
}

/** Ends nothing when the server closes the socket: the flood goes on with another session. */
async function again(signal: AbortSignal, flood: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await flood().catch(() => {});
    await sleep(50, undefined, { signal }).catch(() => {});
  }
}

async function withoutPause(signal: AbortSignal, flood: () => Promise<void>): Promise<void> {
  while (!signal.aborted) await flood();
}

interface Pace {
  readonly perSecond: number;
  readonly signal: AbortSignal;
  readonly onDone: () => void;
}

/** Calls `send` with its number at a steady pace, catching up where the timer was late. */
async function pace(publisher: Publisher, { perSecond, signal, onDone }: Pace, send: (number: number) => void) {
  const startMs = performance.now();
  for (let number = 0; !signal.aborted && publisher.socket.readyState === publisher.socket.OPEN; ) {
    const dueMs = ((performance.now() - startMs) * perSecond) / 1000;
    while (number < dueMs) {
      send(number);
      onDone();
      number += 1;
    }
    await sleep(10);
  }
}

async function close(publisher: Publisher): Promise<void> {
  publisher.socket.terminate();
  await publisher.closed;
}

/** 32 participants each revise the words of an utterance of 15 s five times a second. */
export const revisedWords: Flood = (server, signal, onDone) =>
  again(signal, async () => {
    const publisher = await openSession(server);
    for (let track = 1; track <= TRACKS; track += 1) {
      publisher.send({ type: 'track.add', track, participant: participant(track), media: { kind: 'transcript' } });
    }
    await pace(publisher, { perSecond: 5 * TRACKS, signal, onDone }, (number) => {
      const track = 1 + (number % TRACKS);
      const words = { segmentId: 's', startMs: 0, endMs: 15_000, text: manyWords(number), final: true };
      publisher.send({ type: 'transcript', track, ...words });
    });
    await close(publisher);
  });

/** 32 voices in real time, all speaking without a pause. */
export const manyVoices: Flood = async (server, signal, onDone) => {
  const voice = await speech();
  await again(signal, async () => {
    const publisher = await openSession(server);
    for (let track = 1; track <= TRACKS; track += 1) publisher.addAudio(track, `p${track}`);
    const packet = RATE_HZ / 10;
    await pace(publisher, { perSecond: 10 * TRACKS, signal, onDone }, (number) => {
      const track = 1 + (number % TRACKS);
      const index = Math.floor(number / TRACKS);
      const bytes = stretch(voice, index * packet + track * 20_000, packet);
      publisher.sendAudio(index * 100, bytes, track);
    });
    await close(publisher);
  });
};

/** Session after session of eight voices, each of which sends 110 s of speech in packets of a second, at once. */
export const farAhead: Flood = async (server, signal, onDone) => {
  const voice = await speech();
  const seconds = Array.from({ length: 110 }, (_, second) => stretch(voice, second * RATE_HZ, RATE_HZ));
  await again(signal, async () => {
    const publisher = await openSession(server);
    for (let track = 1; track <= 8; track += 1) publisher.addAudio(track, `p${track}`);
    for (const [second, bytes] of seconds.entries()) {
      for (let track = 1; track <= 8 && !signal.aborted; track += 1) {
        publisher.sendAudio(second * 1000, bytes, track);
        onDone();
      }
      // Under 1000 messages and 16 MiB a second, in bursts of which the limits allow two.
      await sleep(10);
    }
    while (publisher.socket.bufferedAmount > 0 && !signal.aborted) await sleep(50);
    await sleep(500);
    await close(publisher);
  });
};

/** One packet of two samples a millisecond, nearly as many as are allowed. */
export const tinyPackets: Flood = (server, signal, onDone) =>
  again(signal, async () => {
    const publisher = await openSession(server);
    publisher.addAudio(1, 'p1');
    await pace(publisher, { perSecond: 950, signal, onDone }, (number) =>
      publisher.sendAudio(number, new Uint8Array(4)),
    );
    await close(publisher);
  });

/** Eight people who speak, each with a camera of 30 pictures a second. */
export const manyPictures: Flood = async (server, signal, onDone) => {
  const voice = await speech();
  const jpegs = await readSamplePictures(60);
  await again(signal, async () => {
    const publisher = await openSession(server);
    const people = 8;
    for (let person = 1; person <= people; person += 1) {
      publisher.addAudio(person, `p${person}`);
      const media = { kind: 'video', encoding: 'jpeg' } as const;
      publisher.send({ type: 'track.add', track: 100 + person, participant: participant(person), media });
    }
    await pace(publisher, { perSecond: 30 * people, signal, onDone }, (number) => {
      const person = 1 + (number % people);
      const index = Math.floor(number / people);
      const payload = jpegs[index % jpegs.length]!;
      const mediaTimeMs = (index * 1000) / 30;
      publisher.socket.send(encodeMediaPacket({ kind: 'video', track: 100 + person, mediaTimeMs, payload }));
      if (index % 3 !== 0) return;
      publisher.sendAudio(mediaTimeMs, stretch(voice, (index * RATE_HZ) / 30 + person * 30_000, RATE_HZ / 10), person);
    });
    await close(publisher);
  });
};

/** A session with a full log of long words, read by eight clients without a pause: as pages of events. */
export const historyReads: Flood = (server, signal, onDone) =>
  withHistory(server, async (sessionId) => {
    const url = `${server.url}/v1/sessions/${sessionId}/events`;
    const agent = new Agent({ keepAlive: true });
    const read = () =>
      new Promise<void>((resolve) => {
        const request = get(url, { agent, headers: server.headers }, (answer) =>
          answer.resume().once('end', onDone).once('close', resolve),
        );
        request.once('error', () => resolve());
      });
    await Promise.all(Array.from({ length: READERS }, () => withoutPause(signal, read)));
    agent.destroy();
  });

/** The same history, read as streams: each ends once it had all of it, and the next begins. */
export const historyStreams: Flood = (server, signal, onDone) =>
  withHistory(server, async (sessionId, lastSequence) => {
    const url = `${server.url}/v1/sessions/${sessionId}/events`;
    const last = `${lastSequence}\n`;
    const read = () =>
      new Promise<void>((resolve) => {
        const headers = { ...server.headers, Accept: 'text/event-stream' };
        const request = get(url, { headers }, (answer) => {
          answer.setEncoding('latin1');
          answer.on('data', (text: string) => {
            if (answer.statusCode === 200 && !text.includes(last)) return;
            if (answer.statusCode === 200) onDone();
            answer.destroy();
          });
          answer.once('close', resolve);
        });
        request.once('error', () => resolve());
      });
    await Promise.all(Array.from({ length: READERS }, () => withoutPause(signal, read)));
  });

/** The same history, followed by WebSockets that leave once they had all of it. */
export const historySubscriptions: Flood = (server, signal, onDone) =>
  withHistory(server, async (sessionId, lastSequence) => {
    const last = `"sequence":${lastSequence},`;
    const read = () =>
      new Promise<void>((resolve) => {
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/subscribe`, SUBSCRIBE_SUBPROTOCOL, {
          headers: server.headers,
        });
        socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', version: 1, sessionId })));
        socket.on('message', (text: Buffer) => {
          if (!text.includes(last)) return;
          onDone();
          socket.terminate();
        });
        socket.once('error', () => {});
        socket.once('close', () => resolve());
      });
    await Promise.all(Array.from({ length: READERS }, () => withoutPause(signal, read)));
  });

/** Opens a session whose log is full of words, while `use` reads it. `lastSequence`: of its newest event. */
async function withHistory(
  server: ServerUnderAttack,
  use: (sessionId: string, lastSequence: number) => Promise<void>,
): Promise<void> {
  const publisher = await openSession(server);
  const { sessionId } = await publisher.untilType('session.ready');
  publisher.send({ type: 'track.add', track: 1, participant: participant(1), media: { kind: 'transcript' } });
  await publisher.untilType('track.ready');
  const filling = { perSecond: 250, signal: AbortSignal.timeout(HISTORY_MS), onDone: () => {} };
  await pace(publisher, filling, (number) => {
    const range = { startMs: number * 200, endMs: number * 200 + 190 };
    publisher.send({ type: 'transcript', track: 1, segmentId: `s${number}`, ...range, text: 'so it is', final: true });
  });
  const response = await fetch(`${server.url}/v1/sessions/${sessionId}`, { headers: server.headers });
  const { lastSequence } = (await response.json()) as { lastSequence: number };
  await use(sessionId, lastSequence);
  await close(publisher);
}

/** Sessions that are opened, given a track and ended, one after the other, by four publishers at once. */
export const shortSessions: Flood = async (server, signal, onDone) => {
  const one = () =>
    again(signal, async () => {
      const publisher = await openSession(server);
      publisher.addAudio(1, 'p1');
      publisher.sendAudio(0);
      publisher.send({ type: 'session.end' });
      await publisher.closed;
      onDone();
    });
  await Promise.all(Array.from({ length: 4 }, one));
};
