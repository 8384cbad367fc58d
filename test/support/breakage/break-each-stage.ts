import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { encodeMediaPacket, type PublisherMessage } from '../../../client-sdk/protocol/index.ts';
import type { Models } from '../../../models/index.ts';
import { configSchema } from '../../../server/config/config-schema.ts';
import { createServer } from '../../../server/create-server.ts';
import { openShippedModels } from '../e2e/real-server.ts';
import { readSpeech } from '../models/speech.ts';
import { SMALL_JPEG } from '../pictures/small-pictures.ts';
import { Publisher } from '../server/peers.ts';
import { PATIENT } from '../server/test-server.ts';
import { BREAKAGES, type Breakage, SPOKEN } from './breakages.ts';
import { FATAL_END } from './fatal-picture.ts';

const PACKET_SAMPLES = 320;
const VIDEO = 2;
const WORDS = 3;
const PICTURE_MS = 500;

/** A parsed log line. */
export interface LogLine {
  readonly level: number;
  readonly sessionId?: string;
  readonly participantId?: string;
  readonly trackId?: string;
  readonly utteranceId?: string;
  readonly stage?: string;
  readonly code?: string;
  readonly cause?: string;
}

/** The log of a breakage. */
export interface BreakageResult {
  readonly breakage: Breakage;
  /** The line with the stage and code of the breakage. Undefined when there is none. */
  readonly line: LogLine | undefined;
  /** All log lines of the session, as they were written. */
  readonly text: string;
}

/** Breaks each stage once, each in its own session, through a real server with the shipped models. */
export async function breakEachStage(breakages: readonly Breakage[] = BREAKAGES): Promise<BreakageResult[]> {
  const lines: string[] = [];
  const models = await openShippedModels();
  const server = createServer({
    config: { ...configSchema.parse({}), port: 0, maxLeadMs: 60_000, ...PATIENT },
    models: withBreakages(models, breakages),
    logger: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
    startPictureThread: () => new Worker(new URL('mortal-picture-thread.ts', import.meta.url)),
  });
  await server.listen();
  try {
    const results: BreakageResult[] = [];
    for (const breakage of breakages) {
      await publish(server.url.replace('http', 'ws'), breakage);
      await server.sessions.get(breakage.id)?.finished;
      const ofSession = lines.filter((line) => line.includes(`"sessionId":"${breakage.id}"`));
      const { stage, code } = breakage.line;
      const line = ofSession
        .map((text) => JSON.parse(text) as LogLine)
        .find((l) => l.stage === stage && l.code === code);
      results.push({ breakage, line, text: ofSession.join('') });
    }
    return results;
  } finally {
    await server.close();
    await models.close();
  }
}

function withBreakages(models: Models, breakages: readonly Breakage[]): Models {
  return {
    ...models,
    forSession(sessionId) {
      const own = models.forSession(sessionId);
      return breakages.find(({ id }) => id === sessionId)?.models?.(own) ?? own;
    },
  };
}

/** Sends two seconds of speech and the media that breaks the stage. Resolves when the server has closed the socket. */
async function publish(socketUrl: string, { id, sends }: Breakage): Promise<void> {
  const publisher = await new Publisher(socketUrl).start(id);
  const participant = { id: 'ann', displayName: 'Ann Example' };
  publisher.send({ type: 'track.add', track: VIDEO, participant, media: { kind: 'video', encoding: 'jpeg' } });
  publisher.send({ type: 'track.add', track: WORDS, participant, media: { kind: 'transcript', language: 'en' } });
  const speech = readSpeech();
  for (let from = 0; from + PACKET_SAMPLES <= speech.length; from += PACKET_SAMPLES) {
    const startMs = from / 16;
    publisher.sendAudio(startMs, toPcm(speech.subarray(from, from + PACKET_SAMPLES)));
    if (startMs === PICTURE_MS) send(publisher, sends);
  }
  if (sends === 'words') publisher.send(spoken(speech.length / 16));
  publisher.send({ type: 'session.end' });
  await publisher.closed;
}

function send(publisher: Publisher, sends: Breakage['sends']): void {
  const picture = (payload: Uint8Array) =>
    publisher.socket.send(encodeMediaPacket({ kind: 'video', track: VIDEO, mediaTimeMs: PICTURE_MS, payload }));
  if (sends === 'picture' || sends === 'picture twice') picture(SMALL_JPEG);
  if (sends === 'picture twice') picture(SMALL_JPEG);
  if (sends === 'torn picture') picture(torn(SMALL_JPEG));
  if (sends === 'damaged picture') picture(damaged(SMALL_JPEG));
  if (sends === 'fatal picture') picture(Buffer.concat([SMALL_JPEG, FATAL_END]));
  if (sends === 'garbage packet') publisher.socket.send(Buffer.from([1, 2, 3]));
  if (sends === 'garbage result') {
    const result = { garbage: SPOKEN };
    publisher.send({ type: 'transcript.result', source: 'deepgram', tracks: [WORDS], result } as PublisherMessage);
  }
}

/** The first half of a picture. */
function torn(jpeg: Buffer): Buffer {
  return jpeg.subarray(0, jpeg.length / 2);
}

/** A picture with all its parts, but with an invalid table of codes. */
function damaged(jpeg: Buffer): Buffer {
  const table = jpeg.indexOf(Buffer.from([0xff, 0xc4])) + 5;
  return Buffer.from(jpeg).fill(0xff, table, table + 10);
}

function spoken(endMs: number): PublisherMessage {
  return { type: 'transcript', track: WORDS, segmentId: 's', startMs: 300, endMs, text: SPOKEN, final: true };
}

function toPcm(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(2 * samples.length);
  for (const [i, sample] of samples.entries()) bytes.writeInt16LE(Math.round(sample * 32_767), 2 * i);
  return bytes;
}
