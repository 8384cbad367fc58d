import { AUDIO_FEATURE_COUNT, MEL_BAND_COUNT, MEL_BLOCK_FRAMES, openModels } from '../../models/index.ts';
import { BUNDLE_DIRECTORY } from '../support/models/bundle-directory.ts';
import { type Figure, valueFigure } from './figure.ts';
import { nearestRank } from './statistics.ts';

const TARGET_MS = 35;
const BATCH = 8;
const WARM_UP_PASSES = 5;
const PASSES = 60;
/** A figure's passes end after this time on a slow machine, so that the whole takes less than a minute. */
const MOST_MS = 10_000;

/** 50 tokens with `[CLS]` and `[SEP]`, 25 faces and a voice: the most that an utterance of the paper has. */
const TOKENS = { ids: Int32Array.from({ length: 50 }, (_, i) => (i === 0 ? 101 : i === 49 ? 102 : 2000 + i * 97)) };
const FACES = { pixels: Uint8Array.from({ length: 5 * 10 * 64 * 64 }, (_, i) => 1 + ((i * 7) % 255)), faceCount: 25 };
const VOICE = Float32Array.from({ length: AUDIO_FEATURE_COUNT }, (_, i) => Math.sin(i));
const SECOND = Float32Array.from({ length: MEL_BLOCK_FRAMES * MEL_BAND_COUNT }, (_, i) => Math.sin(i * i));

/**
 * The model alone, on one core: the bundle's graphs from tensors to scores; what is left of an utterance at its end, with
 * the second of voice that is not yet encoded; its words only, and what a batch saves. From the call on the main thread to its
 * answer, so that the way to the worker and back counts.
 */
export async function measureForwardPass(): Promise<Figure[]> {
  const { emotion, voice, close } = await openModels({
    bundleDirectory: BUNDLE_DIRECTORY,
    providers: [],
    emotionWorkers: 1,
    batching: { maxBatch: BATCH },
    log: () => {},
  });
  try {
    const encodeSecond = () => voice.encode({ bands: SECOND.slice(), frameCount: MEL_BLOCK_FRAMES });
    const second = await medianMs(encodeSecond);
    const score = async () => {
      const [text, video] = await Promise.all([emotion.embedText(TOKENS), emotion.embedFaces(FACES)]);
      await emotion.fuse({ text: text.embedding, audio: VOICE, video: video.embedding });
    };
    const whole = await medianMs(score);
    const withSecond = await medianMs(async () => {
      // In a thread of its own: awaited first, so that the figure is one core's.
      await encodeSecond();
      await score();
    });
    const words = await medianMs(() => emotion.embedText(TOKENS));
    const saved = await medianRatio(
      () => Promise.all(Array.from({ length: BATCH }, () => emotion.embedText(TOKENS))),
      async () => {
        for (let text = 0; text < BATCH; text += 1) await emotion.embedText(TOKENS);
      },
    );
    const asMs = (ms: number) => `${ms.toFixed(1)} ms`;
    return [
      valueFigure('50 tokens, 25 faces and the features of a voice, median', whole, asMs, { atMost: TARGET_MS }),
      valueFigure('the same, the last second of the voice encoded first, median', withSecond, asMs),
      valueFigure('a second of voice, median', second, asMs),
      valueFigure('50 tokens, median', words, asMs),
      valueFigure(`${BATCH} texts at once, over one after the other`, saved, (x) => x.toFixed(2), { atMost: 1 }),
    ];
  } finally {
    await close();
  }
}

function medianMs(pass: () => Promise<unknown>): Promise<number> {
  return medianOf(() => timed(pass));
}

/** What `first` takes over what `second` takes, in turns: the machine's speed changes from one second to the next. */
function medianRatio(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<number> {
  return medianOf(async () => (await timed(first)) / (await timed(second)));
}

async function timed(pass: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await pass();
  return performance.now() - startMs;
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  for (let i = 0; i < WARM_UP_PASSES; i += 1) await measure();
  const measured: number[] = [];
  const beganMs = performance.now();
  do measured.push(await measure());
  while (measured.length < PASSES && performance.now() - beganMs < MOST_MS);
  return nearestRank(measured, 0.5);
}
