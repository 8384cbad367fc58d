/**
 * Publishes a WAV file of 16-bit PCM as a live call, in real time; each channel is a participant.
 *
 *     node client-sdk/examples/publish-wav.ts call.wav
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession } from '../index.ts';
import { readWav } from './read-wav.ts';

const PACKET_MS = 40;

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: publish-wav.ts FILE.wav   (UNDERTONE_URL, UNDERTONE_TOKEN)');
  process.exit(2);
}
const { sampleRateHz, channels } = readWav(await readFile(file));
const { UNDERTONE_URL: url = 'http://localhost:7700', UNDERTONE_TOKEN: token } = process.env;

const session = await openSession({
  url,
  title: basename(file),
  ...(token !== undefined && { token }),
  onRefused: ({ message }) => console.error(message),
});
console.log(session.sessionId);

const tracks = await Promise.all(
  channels.map((_, index) =>
    session.addTrack({ id: `channel-${index + 1}` }, { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz }),
  ),
);

const packetSamples = Math.round((sampleRateHz * PACKET_MS) / 1000);
const sampleCount = channels[0]?.length ?? 0;
const startMs = performance.now();
for (let first = 0; first < sampleCount; first += packetSamples) {
  const mediaTimeMs = (first * 1000) / sampleRateHz;
  // Waiting for the clock, not for a fixed time, keeps the pace over hours.
  await sleep(Math.max(0, startMs + mediaTimeMs - performance.now()));
  channels.forEach((samples, index) => {
    session.sendAudio(tracks[index] ?? 0, samples.subarray(first, first + packetSamples), mediaTimeMs);
  });
}
await session.end();
