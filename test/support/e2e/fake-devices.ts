import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { joinSamples } from '../../../pipeline/support/join-samples.ts';
import { FAKE_DEVICES, launchChromium } from '../dashboard/browser-page.ts';
import { portraitJpeg } from '../faces/pictures.ts';
import { writeWav } from '../recordings.ts';
import { readSampleCall } from './sample-call.ts';

const CAMERA = { width: 640, height: 480 } as const;
/** Frames of the film, which lasts one second. The browser repeats it. */
const FILM_FRAMES = 30;
/** Height of the portrait in the picture, and how far its head sways to either side, in px. */
const PORTRAIT_PX = 400;
const SWAY_PX = 12;

const RATE_HZ = 48_000;
/** Two turns of the bundled call's customer, cut where they pause, and the silence before each and behind the last. */
const TURNS_MS = [
  [1400, 4020],
  [12_440, 14_220],
] as const;
const BEFORE_MS = [1000, 1300] as const;
const BEHIND_MS = 1000;

/** What the microphone of {@link sharedBrowserWithDevices} hears over and over: two turns, 48 kHz mono, 7.7 s. */
export async function microphoneVoice(): Promise<Float32Array> {
  const { voices } = await readSampleCall(RATE_HZ);
  const samples = (ms: number) => (ms * RATE_HZ) / 1000;
  const parts = TURNS_MS.flatMap(([startMs, endMs], turn) => [
    new Float32Array(samples(BEFORE_MS[turn]!)),
    voices[0].subarray(samples(startMs), samples(endMs)),
  ]);
  return joinSamples([...parts, new Float32Array(samples(BEHIND_MS))]);
}

let shared: Promise<Browser> | undefined;

/**
 * A browser whose microphone hears {@link microphoneVoice} and whose camera sees one person. Started once per process,
 * and shared as in `sharedBrowser`.
 */
export function sharedBrowserWithDevices(): Promise<Browser> {
  shared ??= launchSpeaking();
  return shared;
}

async function launchSpeaking(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-devices-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return launchBrowserWithDevices(folder, await microphoneVoice());
}

/** Starts a browser whose microphone hears `voice` (48 kHz mono, repeated) and whose camera sees one person. */
export async function launchBrowserWithDevices(folder: string, voice: Float32Array): Promise<Browser> {
  const microphone = join(folder, 'microphone.wav');
  const camera = join(folder, 'camera.mjpeg');
  writeWav(microphone, RATE_HZ, [voice]);
  writeFileSync(camera, await filmOfPortrait());
  return launchChromium([
    ...FAKE_DEVICES,
    `--use-file-for-fake-audio-capture=${microphone}`,
    `--use-file-for-fake-video-capture=${camera}`,
  ]);
}

/** Motion JPEG as Chromium reads it: JPEG pictures of one size, one after the other. */
async function filmOfPortrait(): Promise<Buffer> {
  const portrait = await sharp(portraitJpeg()).resize({ height: PORTRAIT_PX }).toBuffer();
  const frames = Array.from({ length: FILM_FRAMES }, (_, frame) => {
    const sway = Math.round(SWAY_PX * Math.sin((2 * Math.PI * frame) / FILM_FRAMES));
    const place = { left: (CAMERA.width - PORTRAIT_PX) / 2 + sway, top: (CAMERA.height - PORTRAIT_PX) / 2 };
    return sharp({ create: { ...CAMERA, channels: 3, background: '#5a6470' } })
      .composite([{ input: portrait, ...place }])
      .jpeg({ quality: 85 })
      .toBuffer();
  });
  return Buffer.concat(await Promise.all(frames));
}
