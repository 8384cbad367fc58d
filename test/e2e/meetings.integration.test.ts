import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmotionClient, type UtteranceEmotion } from '../../client-sdk/index.ts';
import type { Config } from '../../server/config/config-schema.ts';
import { meetingIdOf } from '../../server/ingest/zoom/zoom-webhook.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { readSampleCall, type SampleCall } from '../support/e2e/sample-call.ts';
import { portraitJpeg } from '../support/faces/pictures.ts';
import { RecallPeer } from '../support/meetings/recall-peer.ts';
import { ZOOM_CONFIG, ZoomRtmsPeer } from '../support/meetings/zoom-rtms-peer.ts';
import { PatientClock } from '../support/server/patient-clock.ts';
import { encodeLinear16 } from '../support/telephony/mulaw-encode.ts';
import { paced } from '../support/telephony/pace.ts';

/** The customer's first sentence, the agent's answer, and the customer's second, with the silence behind it. */
const UNTIL_MS = 17_000;
const SPEED = 3;
const PACKET_MS = 100;
/** As the transcript of the sample call has them. */
const SPOKEN = [
  ['customer', 800, 5960],
  ['agent', 7060, 11_295],
  ['customer', 12_295, 15_880],
] as const;
const CUSTOMER = { id: 200, name: 'Dana' };
const HOST = { id: 100, name: 'Kim', isHost: true };
/** The customer's camera goes off between the two sentences. */
const CAMERA_OFF_MS = 9000;
const WORDS = 'Hi. My internet has been down for three days, and nobody has called me back.';

/** The server and whoever sends share it, so that a busy machine cuts no turn in two. */
const clock = new PatientClock();
const play = (send: (startMs: number) => void) => paced(UNTIL_MS, PACKET_MS, SPEED, send, clock);
let server: RealServer;
let zoom: ZoomRtmsPeer;
let call: SampleCall;
/** 640 × 360, as meeting platforms send a camera: one person before a wall. */
let camera: { readonly png: Buffer; readonly jpeg: Buffer };

beforeAll(async () => {
  zoom = await ZoomRtmsPeer.open();
  const config: Partial<Config> = {
    meetingRoles: { attendee: 'customer', host: 'agent' },
    ...ZOOM_CONFIG,
    zoomServers: [zoom.origin],
  };
  [server, call] = await Promise.all([startRealServer({ config, clock }), readSampleCall(16_000)]);
  const person = await sharp(portraitJpeg()).resize(320, 320).toBuffer();
  const wall = { width: 640, height: 360, channels: 3, background: '#8a8f99' } as const;
  const picture = sharp({ create: wall }).composite([{ input: person }]);
  const raw = await picture.png().toBuffer();
  camera = { png: raw, jpeg: await sharp(raw).jpeg().toBuffer() };
});
afterAll(async () => {
  await server.close();
  await zoom.close();
  clock[Symbol.dispose]();
});

/** What a voice says in a packet, 16 kHz. */
const heard = (voice: 0 | 1, startMs: number): Uint8Array =>
  encodeLinear16(call.voices[voice].subarray(startMs * 16, (startMs + PACKET_MS) * 16));

async function emotionsOf(sessionId: string): Promise<UtteranceEmotion[]> {
  const events = await collect(createEmotionClient({ url: server.url }).events(sessionId));
  expect(streamProblems(events)).toEqual([]);
  return events.filter(isEmotion);
}

function expectTheTurns(emotions: readonly UtteranceEmotion[], zeroMs: number): void {
  for (const [index, [, startMs, endMs]] of SPOKEN.entries()) {
    expect(Math.abs(emotions[index]!.startMs - zeroMs - startMs)).toBeLessThan(300);
    expect(Math.abs(emotions[index]!.endMs - zeroMs - endMs)).toBeLessThan(300);
    expect(emotions[index]!.modalities.audio.contribution).toBeGreaterThan(0);
  }
}

/** The first utterance alone was transcribed, whether its words came before it was told or after. */
function expectTheWords(emotions: readonly UtteranceEmotion[]): void {
  const spoken = emotions.filter(({ transcript }) => transcript !== null);
  expect(spoken.map(({ utteranceId, transcript }) => [utteranceId, transcript?.text])).toEqual([
    [emotions[0]!.utteranceId, WORDS],
  ]);
}

describe('a meeting through the whole server', () => {
  it('comes from Recall.ai with two pictures a second, and each utterance has what its speaker showed and said', async () => {
    const peer = await new RecallPeer({ socketUrl: server.socketUrl }).opened();
    peer.sendEvent('join', HOST, 0);
    await play((startMs) => {
      peer.sendAudio(CUSTOMER, startMs, heard(0, startMs));
      peer.sendAudio(HOST, startMs, heard(1, startMs));
      if (startMs % 500 === 0 && startMs < CAMERA_OFF_MS) peer.sendPicture(CUSTOMER, startMs, camera.png);
      if (startMs === CAMERA_OFF_MS) peer.sendEvent('webcam_off', CUSTOMER, startMs);
      if (startMs === CAMERA_OFF_MS) {
        const words = WORDS.split(' ');
        const each = (5960 - 800) / words.length;
        peer.sendWords(
          CUSTOMER,
          words.map((word, i) => [word, 800 + i * each, 800 + (i + 1) * each]),
        );
      }
    });
    await peer.end();
    const emotions = await emotionsOf(peer.sessionId);
    const first = emotions.filter(({ revision }) => revision === 0);
    expect(first.map(({ participant }) => [participant.role, participant.id, participant.displayName])).toEqual(
      SPOKEN.map(([role]) => (role === 'agent' ? ['agent', '100', 'Kim'] : ['customer', '200', 'Dana'])),
    );
    expectTheTurns(first, 0);
    expect(first.map(({ modalities }) => modalities.video.state)).toEqual(['ok', 'absent', 'absent']);
    expect(first[0]!.modalities.video.contribution).toBeGreaterThan(0);
    expect(first[2]!.modalities.video.contribution).toBe(0);
    expectTheWords(emotions);
    expect(server.logLines.join('')).not.toMatch(/Dana|Kim|internet/);
  });

  it('comes from Zoom with the pictures of whoever speaks, and goes out as the turns of both', async () => {
    const beganMs = Date.UTC(2026, 0, 1, 10);
    const zoomHost = { id: 16778240, name: 'Kim' };
    const zoomCustomer = { id: 16778241, name: 'Dana' };
    await zoom.start(server.url);
    await play((startMs) => {
      const atMs = beganMs + startMs;
      zoom.sendAudio(zoomCustomer, atMs, heard(0, startMs));
      zoom.sendAudio(zoomHost, atMs, heard(1, startMs));
      const speaker = startMs < 6500 || startMs > 11_800 ? zoomCustomer : zoomHost;
      if (startMs % 200 === 0) zoom.sendPicture(speaker, atMs, camera.jpeg);
      if (startMs === CAMERA_OFF_MS) zoom.sendWords(zoomCustomer, beganMs + 800, beganMs + 5960, WORDS);
    });
    await zoom.webhook(server.url, 'meeting.rtms_stopped', { stop_reason: 6 });
    const emotions = await emotionsOf(`zoom-${meetingIdOf(zoom.meetingUuid)}`);
    const first = emotions.filter(({ revision }) => revision === 0);
    expect(first.map(({ participant }) => [participant.role, participant.displayName])).toEqual(
      SPOKEN.map(([role]) => ['customer', role === 'agent' ? 'Kim' : 'Dana']),
    );
    expectTheTurns(first, 1000);
    expect(first.map(({ modalities }) => modalities.video.state)).toEqual(['ok', 'ok', 'ok']);
    expectTheWords(emotions);
    expect(zoom.problems).toEqual([]);
  });
});
