import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecording } from '../../../server/ingest/file/recording.ts';
import { type CutCall, cutTogether, type PlacedClip, readClip } from './cut-together.ts';

/** Clips by speaker: paths. */
export type Speakers = ReadonlyMap<string, readonly string[]>;

export interface Corpus {
  readonly name: string;
  /** Folder under the data folder. */
  readonly folder: string;
  /** Whose clip a file is, by its name. */
  readonly speakerOf: (file: string) => string;
  /** Whether a speaker was used to choose a constant of the product. */
  readonly isFitted: (speaker: string) => boolean;
}

/** Actors 1 to 12 of RAVDESS and the first four speakers of nEMO were used to choose constants. */
export const CORPORA: readonly Corpus[] = [
  {
    name: 'RAVDESS',
    folder: 'ravdess',
    speakerOf: (file) => file.replace(/\..*/, '').split('-').at(-1)!,
    isFitted: (speaker) => Number(speaker) <= 12,
  },
  {
    name: 'nEMO',
    folder: 'nemo',
    speakerOf: (file) => file.split('_')[0]!,
    isFitted: (speaker) => ['EB0', 'IC0', 'KD0', 'KS0'].includes(speaker),
  },
];

/** The speakers of a corpus that were, or were not, used to choose constants. */
export async function readSpeakers(data: string, corpus: Corpus, isFitted: boolean): Promise<Speakers> {
  const speakers = new Map<string, string[]>();
  for (const file of (await readdir(join(data, corpus.folder))).sort()) {
    if (!/\.(flac|opus|wav)$/.test(file)) continue;
    const speaker = corpus.speakerOf(file);
    if (corpus.isFitted(speaker) !== isFitted) continue;
    speakers.set(speaker, [...(speakers.get(speaker) ?? []), join(data, corpus.folder, file)]);
  }
  return speakers;
}

/** Makes calls of clips that are drawn at random. */
export class CallMaker {
  readonly #speakers: Speakers;
  readonly #random: () => number;
  readonly #clips = new Map<string, Float32Array>();

  constructor(speakers: Speakers, random: () => number) {
    this.#speakers = speakers;
    this.#random = random;
  }

  /** Turns of one or two clips, a pause of up to 0.7 s before each; every fourth clip follows without a pause. */
  async call(speakerCount: 1 | 2, clipCount: number): Promise<CutCall> {
    const names = [...this.#speakers.keys()];
    const first = this.#draw(names);
    const second = this.#draw(names.filter((name) => name !== first));
    const clips: PlacedClip[] = [];
    let speaker: 1 | 2 = 1;
    for (let index = 0; index < clipCount; index++) {
      if (speakerCount === 2 && index > 0 && this.#random() < 0.8) speaker = speaker === 1 ? 2 : 1;
      const path = this.#draw(this.#speakers.get(speaker === 1 ? first : second)!);
      const pauseMs = this.#random() < 0.25 ? 0 : Math.round(this.#random() * 700);
      clips.push({ speaker, samples: await this.#read(path), pauseMs });
    }
    return cutTogether(clips);
  }

  #draw<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  async #read(path: string): Promise<Float32Array> {
    const known = this.#clips.get(path);
    if (known !== undefined) return known;
    const recording = await openRecording(path);
    try {
      const clip = await readClip(recording);
      this.#clips.set(path, clip);
      return clip;
    } finally {
      recording.close();
    }
  }
}
