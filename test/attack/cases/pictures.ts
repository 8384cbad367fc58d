import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { openSession, type SessionPublisher } from '../../../client-sdk/index.ts';
import { readSampleCall, type SampleCall } from '../../support/e2e/sample-call.ts';
import { portraitJpeg } from '../../support/faces/pictures.ts';
import {
  jpegOfManyScans,
  mutated,
  pngOf,
  webpCanvas,
  webpChunks,
  webpOf,
} from '../../support/pictures/hostile-pictures.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

type Encoding = 'jpeg' | 'png' | 'webp';

interface Attack {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
}

const TOKEN = 'token-of-a-server-with-cameras';
/** Bounds of the long form. A picture that holds a thread takes several times as long. */
const MAX_LATENCY_MS = 15_000;
const MAX_SHUTDOWN_MS = 15_000;
const CAMERAS = { token: TOKEN, env: { UNDERTONE_MAX_MESSAGES_PER_SECOND: '100000' } };
const LOUD: Parameters<SessionPublisher['addTrack']>[0] = { id: 'loud', role: 'customer', displayName: 'Loud' };

/** Each would hold a thread for seconds or minutes, or fill the memory, if it were decoded. */
async function slowPictures(): Promise<Attack[]> {
  const lossy = webpChunks(await photo(64, 48).webp().toBuffer());
  return [
    { encoding: 'jpeg', bytes: jpegOfManyScans(4096, 4096, 18_000) },
    { encoding: 'jpeg', bytes: jpegOfManyScans(16_000, 1000, 18_000) },
    { encoding: 'png', bytes: pngOf({ widthPx: 1, heightPx: 16_777_216 }) },
    { encoding: 'png', bytes: pngOf({ widthPx: 4000, heightPx: 4000, bitDepth: 16, colourType: 6, interlace: 1 }) },
    { encoding: 'png', bytes: pngOf({ widthPx: 8, heightPx: 8, pixels: new Uint8Array(256 * 1024 * 1024) }) },
    { encoding: 'webp', bytes: webpOf([['VP8X', webpCanvas(16_383, 16_383, 2)], ...lossy]) },
    { encoding: 'jpeg', bytes: new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>') },
    { encoding: 'jpeg', bytes: await photo(32, 32).tiff().toBuffer() },
    { encoding: 'png', bytes: await photo(32, 32).avif({ effort: 0 }).toBuffer() },
  ];
}

const photo = (widthPx: number, heightPx: number) => sharp(portraitJpeg()).resize(widthPx, heightPx, { fit: 'cover' });

/** One call's voice and camera, played in real time. */
class Camera {
  readonly #session: SessionPublisher;
  readonly #voice: Float32Array;
  readonly #rateHz: number;
  readonly #audio: number;
  readonly #video: number;

  private constructor(session: SessionPublisher, voice: Float32Array, rateHz: number, audio: number, video: number) {
    this.#session = session;
    this.#voice = voice;
    this.#rateHz = rateHz;
    this.#audio = audio;
    this.#video = video;
  }

  static async open({ url }: ServerUnderAttack, { voices, sampleRateHz }: SampleCall, encoding: Encoding) {
    const session = await openSession({ url, token: TOKEN });
    const audio = await session.addTrack(LOUD, { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz });
    const video = await session.addTrack(LOUD, { kind: 'video', encoding });
    return new Camera(session, voices[0], sampleRateHz, audio, video);
  }

  get sessionId(): string {
    return this.#session.sessionId;
  }

  /** Plays for `seconds`, `perSecond` pictures in each. */
  async play(seconds: number, perSecond: number, picture: (index: number) => Uint8Array): Promise<void> {
    const startedMs = performance.now();
    const samples = this.#rateHz / 10;
    for (let i = 0; i < 10 * seconds; i++) {
      const atMs = 100 * i;
      this.#session.sendAudio(this.#audio, this.#voice.subarray(i * samples, (i + 1) * samples), atMs);
      const [from, to] = [Math.ceil((i * perSecond) / 10), Math.ceil(((i + 1) * perSecond) / 10)];
      for (let k = from; k < to; k++)
        this.#session.sendImage(this.#video, picture(k), atMs + (100 * (k - from)) / (to - from));
      await sleep(Math.max(0, startedMs + atMs + 100 - performance.now()));
    }
  }

  /** Ends the call, and waits for what is still to be told. */
  end(): Promise<void> {
    return this.#session.end();
  }
}

interface Seen {
  /** Utterances that were told. */
  readonly utterances: number;
  /** Those whose pictures showed a face. */
  readonly faces: number;
  /** Longest way from an utterance's end to its event, as the server measured it, in ms. */
  readonly worstMs: number;
}

/** What the server told about a camera. */
async function seenBy(server: ServerUnderAttack, sessionId: string): Promise<Seen> {
  const answer = await fetch(`${server.url}/v1/sessions/${sessionId}/events`, { headers: server.headers });
  const { events } = (await answer.json()) as {
    events: { type: string; revision?: number; latencyMs?: number; modalities?: { video?: { state?: string } } }[];
  };
  const told = events.filter(({ type, revision }) => type === 'utterance.emotion' && revision === 0);
  return {
    utterances: told.length,
    faces: told.filter(({ modalities }) => ['ok', 'noisy'].includes(modalities?.video?.state ?? '')).length,
    worstMs: Math.max(0, ...told.map(({ latencyMs = 0 }) => latencyMs)),
  };
}

/** Plays ordinary pictures beside cameras that attack, and fails unless each face was seen in time. */
async function besideCamera(
  attack: AttackContext,
  server: ServerUnderAttack,
  encodings: readonly Encoding[],
  perSecond: number,
  hostile: (encoding: Encoding) => Uint8Array,
): Promise<void> {
  const sample = await readSampleCall(16_000);
  const jpeg = await photo(640, 480).jpeg({ quality: 80 }).toBuffer();
  const cameras = await Promise.all(encodings.map((encoding) => Camera.open(server, sample, encoding)));
  const camera = await Camera.open(server, sample, 'jpeg');
  const seconds = attack.rounds(6, 24);
  await Promise.all([
    camera.play(seconds + attack.rounds(2, 6), 6, () => jpeg),
    // An attacker may be thrown out: nobody is hurt by it.
    ...cameras.map((one, i) => one.play(seconds, perSecond, () => hostile(encodings[i]!)).catch(() => {})),
  ]);
  await camera.end();
  const seen = await seenBy(server, camera.sessionId);
  attack.figure('utterances of the camera beside', seen.utterances, '');
  attack.figure('of them with a face', seen.faces, '');
  attack.figure('slowest of them', seen.worstMs, 'ms');
  attack.figure(
    'pictures not looked at in time, of all',
    (await server.metric('undertone_pipeline_dropped_total{reason="picture-late"}')) || 0,
    '',
  );
  for (const code of ['timeout', 'overloaded', 'crashed'] as const) {
    const dropped = await server.metric(`undertone_pictures_dropped_total{reason="${code}"}`);
    if (dropped > 0) attack.figure(`pictures dropped as ${code}`, dropped, '');
  }
  if (seen.utterances === 0) throw new Error('the camera’s call was not told at all');
  // A machine that is too slow for these pictures leaves some out.
  if (seen.faces < attack.rounds(1, seen.utterances))
    throw new Error(`a face was seen in ${seen.faces} of ${seen.utterances} utterances`);
  if (attack.form === 'long' && seen.worstMs > MAX_LATENCY_MS)
    throw new Error(`an utterance beside the attack took ${Math.round(seen.worstMs)} ms`);
  await server.mustAnswer();
}

export const cases: readonly AttackCase[] = [
  {
    name: 'pictures that take minutes to decode cost no other camera anything, and no shutdown waits for them',
    async run(attack) {
      const pictures = await slowPictures();
      const server = await attack.start({ token: TOKEN });
      const turns = { jpeg: 0, png: 0, webp: 0 };
      await besideCamera(attack, server, ['jpeg', 'png', 'webp'], 6, (encoding) => {
        const ofKind = pictures.filter((picture) => picture.encoding === encoding);
        return ofKind[turns[encoding]++ % ofKind.length]!.bytes;
      });
      const startedMs = performance.now();
      await server.kill('SIGTERM');
      const tookMs = performance.now() - startedMs;
      attack.figure('shutdown', tookMs, 'ms');
      if (attack.form === 'long' && tookMs > MAX_SHUTDOWN_MS)
        throw new Error(`the shutdown took ${Math.round(tookMs / 1000)} s`);
    },
  },
  {
    name: 'thousands of large pictures in one call leave the cameras of others their share',
    async run(attack) {
      // As large as a picture may be, and slow: nothing here is refused.
      const large = await photo(4096, 2048).webp({ quality: 50, effort: 0 }).toBuffer();
      const server = await attack.share(CAMERAS);
      await besideCamera(attack, server, ['webp', 'webp'], 30, () => large);
    },
  },
  {
    name: 'pictures with changed bytes end nothing, and every camera beside is seen',
    timeoutMs: 900_000,
    async run(attack) {
      const originals: Attack[] = [
        { encoding: 'jpeg', bytes: await photo(64, 48).jpeg().toBuffer() },
        { encoding: 'jpeg', bytes: await photo(64, 48).jpeg({ progressive: true }).toBuffer() },
        { encoding: 'png', bytes: await photo(64, 48).png().toBuffer() },
        { encoding: 'png', bytes: await photo(64, 48).png({ palette: true }).toBuffer() },
        { encoding: 'webp', bytes: await photo(64, 48).webp().toBuffer() },
        { encoding: 'webp', bytes: await photo(64, 48).ensureAlpha(0.5).webp({ lossless: true }).toBuffer() },
      ];
      const server = await attack.share(CAMERAS);
      const perSecond = attack.rounds(20, 1400);
      let inputs = 0;
      await besideCamera(attack, server, ['jpeg', 'png', 'webp'], perSecond, (encoding) => {
        inputs += 1;
        const ofKind = originals.filter((picture) => picture.encoding === encoding);
        return mutated(ofKind[Math.floor(attack.random() * ofKind.length)]!.bytes, attack.random);
      });
      attack.figure('pictures with changed bytes', inputs, '');
      const crashed = await server.metric('undertone_pictures_dropped_total{reason="crashed"}');
      if (crashed > 0) throw new Error(`a decoder broke down ${crashed} times`);
    },
  },
];
