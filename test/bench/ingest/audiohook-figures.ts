import { readSampleCall } from '../../support/e2e/sample-call.ts';
import { encodeMulaw, interleave } from '../../support/telephony/mulaw-encode.ts';
import { type Figure, valueFigure } from '../figure.ts';
import { type ServerProcess, startServerProcess, startTransportProcess } from '../server-process.ts';
import { nearestRank } from '../statistics.ts';
import { type AudioHookLoad, runAudioHookLoad } from './audiohook-load.ts';

const PING_TARGET_MS = 25;
const OPENED_TARGET_MS = 1000;
/** What an AudioHook client waits for `opened` and `pong` before it gives the call up. */
const CLIENT_PATIENCE_MS = 5000;

const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
const percent = (value: number) => `${value.toFixed(0)} %`;

/** Sessions whose media goes nowhere: sockets, protocol and sound decoding alone. */
export async function measureAudioHookTransport(sessions: number, seconds: number): Promise<Figure[]> {
  process.stderr.write(`AudioHook, ${sessions} stereo sessions, transport only …\n`);
  // Awaited below: the server lives until this function is left.
  await using server = await startTransportProcess();
  const silence = new Uint8Array(3200).fill(0xff);
  return await measure(server, { sessions, seconds, frameAt: () => silence }, PING_TARGET_MS, OPENED_TARGET_MS);
}

/** Sessions that are analyzed: each plays the bundled call from another place. */
export async function measureAudioHookAnalysis(sessions: number, seconds: number): Promise<Figure[]> {
  process.stderr.write(`AudioHook, ${sessions} stereo sessions, with analysis …\n`);
  const call = await readSampleCall(8000);
  const sound = interleave(encodeMulaw(call.voices[0]), encodeMulaw(call.voices[1]), 1);
  const frameBytes = 3200;
  const frames = Math.floor(sound.length / frameBytes);
  const frameAt = (session: number, startMs: number) => {
    const frame = (session * 7 + startMs / 200) % frames;
    return sound.subarray(frame * frameBytes, (frame + 1) * frameBytes);
  };
  await using server = await startServerProcess(['--max-sessions', String(sessions)]);
  return await measure(server, { sessions, seconds, frameAt }, CLIENT_PATIENCE_MS, CLIENT_PATIENCE_MS);
}

async function measure(
  server: ServerProcess,
  load: Omit<AudioHookLoad, 'socketUrl'>,
  pingTargetMs: number,
  openedTargetMs: number,
): Promise<Figure[]> {
  const before = await server.metrics();
  const startMs = performance.now();
  const { openedMs, pingMs, events, problems } = await runAudioHookLoad({
    ...load,
    socketUrl: server.url.replace('http', 'ws'),
  });
  const seconds = (performance.now() - startMs) / 1000;
  const after = await server.metrics();
  if (problems.length > 0) throw new Error(`the sessions are not whole: ${problems.slice(0, 3).join(', ')}`);
  const cpuSeconds = after('process_cpu_seconds_total') - before('process_cpu_seconds_total');
  const dropped = after('undertone_ingest_refused_total\\{reason="overloaded"\\}') || 0;
  const frames = after('undertone_ingest_received_total\\{kind="packet"\\}') || 0;
  return [
    valueFigure('opened: slowest of all sessions, opened at once', Math.max(...openedMs), milliseconds, {
      atMost: openedTargetMs,
    }),
    valueFigure(`ping → pong, p50 of ${pingMs.length}`, nearestRank(pingMs, 0.5), milliseconds),
    valueFigure('ping → pong, p99', nearestRank(pingMs, 0.99), milliseconds, { atMost: pingTargetMs }),
    valueFigure('CPU of the server, of one core', (100 * cpuSeconds) / seconds, percent),
    valueFigure(
      'CPU of the server a call, of one core',
      (100 * cpuSeconds) / seconds / load.sessions,
      (value) => `${value.toFixed(2)} %`,
    ),
    valueFigure(
      'memory of the server',
      after('process_resident_memory_bytes') / 2 ** 20,
      (mib) => `${mib.toFixed(0)} MiB`,
    ),
    valueFigure('sound dropped to stay in time', (100 * dropped) / (2 * frames), (value) => `${value.toFixed(1)} %`),
    valueFigure('results sent back', events, String),
  ];
}
