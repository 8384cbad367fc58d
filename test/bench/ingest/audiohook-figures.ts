import { randomBytes } from 'node:crypto';
import { readSampleCall } from '../../support/e2e/sample-call.ts';
import { encodeMulaw, interleave } from '../../support/telephony/mulaw-encode.ts';
import { type Figure, valueFigure } from '../figure.ts';
import { type ServerProcess, startServerProcess, startTransportProcess } from '../server-process.ts';
import { nearestRank } from '../statistics.ts';
import {
  type Answer,
  type AudioHookLoad,
  type AudioHookLoadResult,
  FRAME_MS,
  FRAME_SAMPLES,
  runAudioHookLoad,
} from './audiohook-load.ts';

const TRANSPORT_PING_TARGET_MS = 25;
const PING_TARGET_MS = 250;
const ANSWER_TARGET_MS = 2000;
const HEALTH_TARGET_MS = 100;
/** Calls that run before the measurement, and for how long: the code is compiled then. */
const WARM_UP_SESSIONS = 8;
const WARM_UP_SECONDS = 20;
/** How long calls are opened step by step. */
const OPEN_WITHIN_MS = 30_000;

const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
const percent = (value: number) => `${value.toFixed(0)} %`;

/** Sessions whose media goes nowhere: sockets, protocol and sound decoding alone. */
export async function measureAudioHookTransport(sessions: number, seconds: number): Promise<Figure[]> {
  process.stderr.write(`AudioHook, ${sessions} stereo sessions, transport only …\n`);
  // Awaited below: the server lives until this function is left.
  await using server = await startTransportProcess();
  const silence = new Uint8Array(2 * FRAME_SAMPLES).fill(0xff);
  return await measure(server, { sessions, seconds, frameAt: () => silence }, TRANSPORT_PING_TARGET_MS);
}

/** Sessions that are analyzed: each plays the bundled call from another place. They open as fast as they are admitted. */
export async function measureAudioHookAnalysis(sessions: number, seconds: number): Promise<Figure[]> {
  process.stderr.write(`AudioHook, ${sessions} stereo sessions, with analysis …\n`);
  const frameAt = await bundledCall();
  await using server = await startServerProcess(['--max-sessions', String(sessions)]);
  await runAudioHookLoad({ url: server.url, sessions: WARM_UP_SESSIONS, seconds: WARM_UP_SECONDS, frameAt });
  return await measure(server, { sessions, seconds, frameAt, askAgainForMs: OPEN_WITHIN_MS }, PING_TARGET_MS);
}

/** More calls at once than fit, at a server that has just started. */
export async function measureAudioHookOverload(sessions: number, seconds: number): Promise<Figure[]> {
  process.stderr.write(`AudioHook, ${sessions} stereo sessions asked for at once, with analysis …\n`);
  const frameAt = await bundledCall();
  const clientSecret = randomBytes(32).toString('base64');
  await using server = await startServerProcess(['--max-sessions', String(sessions)], {
    UNDERTONE_AUDIOHOOK_API_KEY: 'an-api-key',
    UNDERTONE_AUDIOHOOK_CLIENT_SECRET: clientSecret,
  });
  return await measure(server, { sessions, seconds, frameAt, clientSecret }, PING_TARGET_MS);
}

async function bundledCall(): Promise<AudioHookLoad['frameAt']> {
  const call = await readSampleCall(8000);
  const sound = interleave(encodeMulaw(call.voices[0]), encodeMulaw(call.voices[1]), 1);
  const frameBytes = 2 * FRAME_SAMPLES;
  const frames = Math.floor(sound.length / frameBytes);
  return (session, startMs) => {
    const frame = (session * 7 + startMs / FRAME_MS) % frames;
    return sound.subarray(frame * frameBytes, (frame + 1) * frameBytes);
  };
}

async function measure(
  server: ServerProcess,
  load: Omit<AudioHookLoad, 'url' | 'onOpen'>,
  pingTargetMs: number,
): Promise<Figure[]> {
  const atFirst = await server.metrics();
  let before = atFirst;
  let fromMs = 0;
  const result = await runAudioHookLoad({
    ...load,
    url: server.url,
    async onOpen() {
      before = await server.metrics();
      fromMs = performance.now();
    },
  });
  const seconds = (performance.now() - fromMs) / 1000;
  const after = await server.metrics();
  const { answers, pingMs, healthMs, events, problems } = result;
  if (problems.length > 0) throw new Error(`the sessions are not whole: ${problems.slice(0, 3).join(', ')}`);
  const opened = answers.filter(({ kind }) => kind === 'opened').length;
  const share = (100 * (after('process_cpu_seconds_total') - before('process_cpu_seconds_total'))) / seconds;
  const dropped = droppedOf(after) - droppedOf(atFirst);
  return [
    ...answerFigures(answers, load),
    valueFigure(`ping → pong, p50 of ${pingMs.length}`, nearestRank(pingMs, 0.5), milliseconds),
    valueFigure('ping → pong, p99', nearestRank(pingMs, 0.99), milliseconds, { atMost: pingTargetMs }),
    valueFigure(`/healthz, slowest of ${healthMs.length}`, Math.max(...healthMs), milliseconds, {
      atMost: HEALTH_TARGET_MS,
    }),
    valueFigure('CPU of the server, of one core', share, percent),
    valueFigure('CPU of the server per call, of one core', share / opened, (value) => `${value.toFixed(2)} %`),
    valueFigure(
      'memory of the server',
      after('process_resident_memory_bytes') / 2 ** 20,
      (mib) => `${mib.toFixed(0)} MiB`,
    ),
    valueFigure('frames and requests dropped to stay in time', dropped, String, { atMost: 0 }),
    valueFigure('results sent back', events, String),
  ];
}

function answerFigures(
  answers: AudioHookLoadResult['answers'],
  { sessions, askAgainForMs }: Omit<AudioHookLoad, 'url'>,
) {
  const count = (kind: Answer['kind']) => answers.filter((answer) => answer.kind === kind).length;
  const slowest = Math.max(...answers.map(({ ms }) => ms));
  const figures = [
    valueFigure('connection begun → answer, slowest', slowest, milliseconds, { atMost: ANSWER_TARGET_MS }),
    valueFigure('neither opened nor refused as full', count('unauthorized') + count('unanswered'), String, {
      atMost: 0,
    }),
  ];
  const isAll = askAgainForMs !== undefined;
  const target = isAll ? { atLeast: sessions } : null;
  return [valueFigure(`opened, of ${sessions}`, count('opened'), String, target), ...figures];
}

const DROPS = [
  'undertone_ingest_refused_total',
  'undertone_pipeline_dropped_total\\{reason="intake-flow-full"\\}',
  'undertone_pipeline_dropped_total\\{reason="intake-queue-full"\\}',
  'undertone_pipeline_dropped_total\\{reason="timeline-overflow"\\}',
  'undertone_pipeline_dropped_total\\{reason="voice-overflow"\\}',
  'undertone_model_dropped_total',
  'undertone_utterance_failures_total',
];

function droppedOf(metric: Awaited<ReturnType<ServerProcess['metrics']>>): number {
  return DROPS.reduce((sum, name) => sum + (metric(name) || 0), 0);
}
