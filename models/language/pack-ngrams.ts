/**
 * Writes `ngrams.bin` and `manifest.json` from the npm package eld (a development dependency):
 *
 *     node models/language/pack-ngrams.ts
 *
 * The package holds its n-grams as JavaScript objects, which take 150 MB of memory per process while they are loaded. The
 * file holds the same numbers in 1 MB. Layout, little endian: number of n-grams `n` and of weights `w`, as uint32; `n`
 * n-grams in ascending order, as float64 (see {@link ngramKey}); for each, how many languages it has, as uint8; `w` rows of
 * languages, as uint8; their `w` weights, as uint8.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { sha256 } from '../bundle/sha256.ts';
import { ngramKey } from './language-model.ts';

interface EldData {
  readonly type: string;
  readonly languages: Readonly<Record<string, string>>;
  readonly ngrams: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const eld = new URL('../../node_modules/eld/', import.meta.url);
const { ngramsData } = (await import(new URL('src/ngrams/small.js', eld).href)) as { ngramsData: EldData };
const { dictionary } = (await import(new URL('src/dictionary.js', eld).href)) as { dictionary: string[] };
const { version } = JSON.parse(readFileSync(new URL('package.json', eld), 'utf8')) as { version: string };

/** The package writes bytes as characters of its own. A space is a space, or a byte that no text has. */
const byteOf = new Map(dictionary.flatMap((character, byte) => (character === ' ' ? [] : [[character, byte]])));
byteOf.set(' ', 32);

const ngrams = Object.entries(ngramsData.ngrams)
  .map(([text, weights]) => ({ key: ngramKey([...text].map((character) => byteOf.get(character)!)), weights }))
  .sort((a, b) => a.key - b.key);
const pairs = ngrams.flatMap(({ weights }) => Object.entries(weights));
const counts = ngrams.map(({ weights }) => Object.keys(weights).length);
const bytes = Buffer.concat([
  Buffer.from(Uint32Array.of(ngrams.length, pairs.length).buffer),
  Buffer.from(Float64Array.from(ngrams, ({ key }) => key).buffer),
  Buffer.from(counts),
  Buffer.from(pairs.map(([row]) => Number(row))),
  Buffer.from(pairs.map(([, weight]) => weight)),
]);
const manifest = {
  formatVersion: 1,
  id: 'language',
  ngrams: {
    file: 'ngrams.bin',
    sha256: sha256(bytes),
    bytes: bytes.length,
    license: 'Apache-2.0',
    licenseFile: 'LICENSE.eld',
    source: { package: 'eld', version, database: ngramsData.type },
  },
  languages: Object.values(ngramsData.languages),
};
writeFileSync(new URL('ngrams.bin', import.meta.url), bytes);
writeFileSync(new URL('manifest.json', import.meta.url), `${JSON.stringify(manifest, null, 2)}\n`);
