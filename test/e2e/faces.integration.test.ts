import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEmotionClient, type UtteranceEmotion } from '../../client-sdk/index.ts';
import { byArrival, type CallItem, pictureItems } from '../support/e2e/call-script.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { publishCall } from '../support/e2e/publish-call.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { CUSTOMER, readSampleCall } from '../support/e2e/sample-call.ts';
import { portraitJpeg } from '../support/faces/pictures.ts';

const UNTIL_MS = 7000;

let server: RealServer;
let voice: CallItem[];

beforeAll(async () => {
  server = await startRealServer();
  voice = (await readSampleCall()).audio(UNTIL_MS).filter(({ speaker }) => speaker === CUSTOMER);
});
afterAll(() => server.close());

async function utterancesOf(items: readonly CallItem[]): Promise<UtteranceEmotion[]> {
  const { sessionId } = await publishCall({ url: server.url, items: byArrival(items), speed: 2 });
  const events = await collect(createEmotionClient({ url: server.url }).events(sessionId));
  expect(streamProblems(events)).toEqual([]);
  return events.filter(isEmotion);
}

it('a face in the pictures is part of the evidence', async () => {
  const [utterance, ...others] = await utterancesOf([
    ...voice,
    ...pictureItems(CUSTOMER, [portraitJpeg()], { untilMs: UNTIL_MS }),
  ]);
  expect(others).toEqual([]);
  const { video, audio, text } = utterance!.modalities;
  expect(video.state).toBe('ok');
  expect(video.quality).toBeGreaterThan(0.3);
  expect(video.contribution).toBeGreaterThan(0);
  expect(audio.contribution).toBeGreaterThan(0);
  expect(text).toEqual({ state: 'absent', contribution: 0, quality: null });
});

it('pictures at 2 and at 30 a second show the same face', async () => {
  const at = (perSecond: number) =>
    utterancesOf([...voice, ...pictureItems(CUSTOMER, [portraitJpeg()], { untilMs: UNTIL_MS, perSecond })]);
  for (const [utterance] of await Promise.all([at(2), at(30)])) expect(utterance!.modalities.video.state).toBe('ok');
});

it('a camera that shows nobody is no evidence', async () => {
  const { default: sharp } = await import('sharp');
  const wall = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#8a8f99' } })
    .jpeg()
    .toBuffer();
  const [utterance] = await utterancesOf([...voice, ...pictureItems(CUSTOMER, [wall], { untilMs: UNTIL_MS })]);
  expect(utterance!.modalities.video).toMatchObject({ state: 'absent', contribution: 0 });
});
