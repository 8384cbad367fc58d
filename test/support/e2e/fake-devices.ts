import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import sharp from 'sharp';
import { portraitJpeg } from '../faces/pictures.ts';
import { writeWav } from '../recordings.ts';

const CAMERA = { width: 640, height: 480 } as const;
/** Frames of the film, which lasts one second. The browser repeats it. */
const FILM_FRAMES = 30;
/** Height of the portrait in the picture, and how far its head sways to either side, in px. */
const PORTRAIT_PX = 400;
const SWAY_PX = 12;

/** Starts a browser whose microphone hears `voice` (48 kHz mono, repeated) and whose camera sees one person. */
export async function launchBrowserWithDevices(
  folder: string,
  voice: Float32Array,
  executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
): Promise<Browser> {
  const microphone = join(folder, 'microphone.wav');
  const camera = join(folder, 'camera.mjpeg');
  writeWav(microphone, 48_000, [voice]);
  writeFileSync(camera, await filmOfPortrait());
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${microphone}`,
      `--use-file-for-fake-video-capture=${camera}`,
    ],
  });
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
