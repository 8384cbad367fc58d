/**
 * What the ways of showing a face cost: bytes a second of video on the network, and the page's main thread, each with
 * the same camera file. Needs Chromium.
 *
 *     node test/bench/device-faces.ts [--seconds 10]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Sdk from '../../client-sdk/index.ts';
import { bundleForPage, serveMediaPipe } from '../support/client-sdk/device-faces.ts';
import { launchBrowserWithDevices } from '../support/e2e/fake-devices.ts';
import { sharedModels, startRealServer } from '../support/e2e/real-server.ts';
import { describeMachine } from './machine.ts';

interface PageWorld {
  sdk: typeof Sdk;
  videoBytes: number;
  videoPackets: number;
  looksMs: number[];
  connections: RTCPeerConnection[];
}

/** A WebSocket frame's own header, masked, of a payload under 64 KiB. */
const FRAME_HEADER_BYTES = 8;
const WAYS = [
  ['websocket', 'server'],
  ['webrtc', 'server'],
  ['websocket', 'device'],
  ['webrtc', 'device'],
] as const;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const seconds = Number(values.seconds);
const folder = mkdtempSync(join(tmpdir(), 'undertone-bench-'));
const server = await startRealServer();
const browser = await launchBrowserWithDevices(
  folder,
  new Float32Array(48_000).map(() => (Math.random() - 0.5) / 50),
);
const sdk = await bundleForPage(`export * from './index.ts';`);

console.log(describeMachine());
console.log('| transport | face | video on the network, kB/s | packets/s | main thread a picture, ms (median) |');
console.log('| --- | --- | --- | --- | --- |');
for (const [transport, face] of WAYS) {
  const context = await browser.newContext({ bypassCSP: true });
  await serveMediaPipe(context);
  const page = await context.newPage();
  await page.goto(`${server.url}/healthz`);
  await page.addScriptTag({ content: sdk });
  const measured = await page.evaluate(
    async ([url, by, at, runSeconds, frameHeader]) => {
      const world = Object.assign(globalThis as unknown as PageWorld, {
        videoBytes: 0,
        videoPackets: 0,
        looksMs: [] as number[],
        connections: [] as RTCPeerConnection[],
      });
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) {
        if (data instanceof Uint8Array && data[1] === 2) {
          world.videoBytes += data.byteLength + frameHeader;
          world.videoPackets += 1;
        }
        send.call(this, data);
      };
      const Connection = RTCPeerConnection;
      globalThis.RTCPeerConnection = class extends Connection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          world.connections.push(this);
        }
      };
      // Pictures are taken by a timer: what its callback takes until it first waits is the main thread's.
      const interval = globalThis.setInterval;
      globalThis.setInterval = ((callback: () => void, delayMs: number) =>
        interval(() => {
          const startMs = performance.now();
          callback();
          world.looksMs.push(performance.now() - startMs);
        }, delayMs)) as typeof setInterval;

      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
      const media = await world.sdk.publishMedia(stream, {
        url,
        participant: { id: 'me' },
        transport: by,
        face: at,
      });
      const sent = async () => {
        let [bytes, packets] = [world.videoBytes, world.videoPackets];
        for (const connection of world.connections) {
          for (const report of (await connection.getStats()).values()) {
            if (report.type !== 'outbound-rtp' || report.kind !== 'video') continue;
            bytes += report.bytesSent + report.headerBytesSent;
            packets += report.packetsSent;
          }
        }
        return { bytes, packets, atMs: performance.now() };
      };
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      await wait(5000);
      world.looksMs.length = 0;
      const before = await sent();
      await wait(runSeconds * 1000);
      const after = await sent();
      await media.stop();
      const perSecond = 1000 / (after.atMs - before.atMs);
      const looks = world.looksMs.filter((ms) => ms > 0.05).sort((one, other) => one - other);
      return {
        bytes: (after.bytes - before.bytes) * perSecond,
        packets: (after.packets - before.packets) * perSecond,
        lookMs: looks[looks.length >> 1] ?? null,
      };
    },
    [server.url, transport, face, seconds, FRAME_HEADER_BYTES] as const,
  );
  const look = measured.lookMs === null ? '–' : measured.lookMs.toFixed(1);
  console.log(
    `| ${transport} | ${face} | ${(measured.bytes / 1000).toFixed(1)} | ${measured.packets.toFixed(1)} | ${look} |`,
  );
  await context.close();
}
await browser.close();
await server.close();
await (await sharedModels()).close();
rmSync(folder, { recursive: true, force: true });
