/**
 * Whether WebRTC calls leave anything behind: publishes call after call with voice and video to a server process for
 * some minutes, and compares its memory of the first quarter, once warm, with that of the last.
 *
 *     node test/bench/webrtc-leak.ts [--minutes 10] [--peers 2]
 *
 * Every fifth call is cut off without a word. Ends with code 1 when memory grew by more than 10 %.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MIB } from '../../server/byte-units.ts';
import { portraitFilm, sampleOpusPackets } from '../support/webrtc/encoded-media.ts';
import { RtpPublisher } from '../support/webrtc/rtp-publisher.ts';
import { startServerProcess } from './server-process.ts';

/** Length of one call, in ms. */
const CALL_MS = 15_000;
const SAMPLE_INTERVAL_MS = 5000;
/** Share of the time in which models load and pools fill. */
const WARM_UP = 0.2;
const MAX_GROWTH = 0.1;
const CUT_EVERY = 5;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, peers: { type: 'string', default: '2' } },
});
const durationMs = Number(values.minutes) * 60_000;
const peers = Number(values.peers);

const [{ customer: voice }, film] = await Promise.all([sampleOpusPackets(CALL_MS), portraitFilm(CALL_MS / 1000)]);
await using server = await startServerProcess();
const startMs = performance.now();
const elapsedMs = () => performance.now() - startMs;
let calls = 0;
let cut = 0;
const failures: string[] = [];

async function publishCalls(): Promise<void> {
  while (elapsedMs() < durationMs) {
    const peer = new RtpPublisher({ url: `${server.url}/v1/whip?role=customer`, voice, film });
    calls += 1;
    try {
      await peer.connect();
    } catch (error) {
      failures.push(`${(elapsedMs() / 1000).toFixed(0)} s: ${(error as Error).message}`);
      await peer.pc.close();
      continue;
    }
    await peer.play();
    if (calls % CUT_EVERY === 0) {
      cut += 1;
      await peer.pc.close();
    } else {
      await peer.leave();
    }
  }
}

const samples: { readonly atMs: number; readonly residentMiB: number }[] = [];
async function watch(): Promise<void> {
  while (elapsedMs() < durationMs) {
    await delay(SAMPLE_INTERVAL_MS);
    const metric = await server.metrics();
    samples.push({ atMs: elapsedMs(), residentMiB: metric('process_resident_memory_bytes') / MIB });
  }
}

const before = await server.metrics();
await Promise.all([watch(), ...Array.from({ length: peers }, publishCalls)]);
const cpuSeconds = (await server.metrics())('process_cpu_seconds_total') - before('process_cpu_seconds_total');
// Peers that were cut off are noticed by their silence.
await delay(12_000);
const after = await server.metrics();

const mean = (from: number, to: number): number => {
  const part = samples.filter(({ atMs }) => atMs >= from * durationMs && atMs < to * durationMs);
  return part.reduce((sum, { residentMiB }) => sum + residentMiB, 0) / part.length;
};
const [first, last] = [
  mean(WARM_UP, WARM_UP + (1 - WARM_UP) / 4),
  mean(1 - (1 - WARM_UP) / 4, Number.POSITIVE_INFINITY),
];
const growth = last / first - 1;
console.log(
  `${calls} calls of ${CALL_MS / 1000} s by ${peers} peers at a time, ${cut} of them cut off, in ${values.minutes} min`,
);
console.log(
  `CPU of the server: ${((100 * cpuSeconds * 1000) / durationMs / peers).toFixed(1)} % of a core a call, all its work counted`,
);
console.log(`resident memory: ${first.toFixed(0)} MiB, later ${last.toFixed(0)} MiB (${(100 * growth).toFixed(1)} %)`);
console.log(
  `at the end: heap ${(after('nodejs_heap_size_used_bytes') / MIB).toFixed(0)} MiB, outside of it ${(after('nodejs_external_memory_bytes') / MIB).toFixed(0)} MiB`,
);
const eighths = Array.from({ length: 8 }, (_, i) => mean(i / 8, (i + 1) / 8).toFixed(0));
console.log(`resident memory, eighth by eighth: ${eighths.join(', ')} MiB`);
for (const failure of failures) console.log(`a call that did not connect, at ${failure}`);
console.log(`publishers left over: ${after('undertone_webrtc_publishers_open')}`);
if (growth > MAX_GROWTH || after('undertone_webrtc_publishers_open') !== 0) process.exitCode = 1;
