import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingError } from '../../../../../server/ingest/file/recording-error.ts';
import { decodeText } from '../../../../../server/ingest/file/transcript/decode-text.ts';
import { readTranscript } from '../../../../../server/ingest/file/transcript/read-transcript.ts';

const VTT = 'WEBVTT\n\n00:01.000 --> 00:02.000\n<v Zoë>Das wäre schön – naïve “café”.';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transcript-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('the text of a transcript file', () => {
  const utf16le = Buffer.from(VTT, 'utf16le');
  const utf16be = Buffer.from(utf16le).swap16();
  it.each([
    ['UTF-8', Buffer.from(VTT)],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${VTT}`)],
    ['UTF-16 LE without a mark', utf16le],
    ['UTF-16 LE with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16le])],
    ['UTF-16 BE without a mark', utf16be],
    ['UTF-16 BE with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])],
    ['Windows-1252', Buffer.from(VTT.replace('–', '\x96').replace('“', '\x93').replace('”', '\x94'), 'latin1')],
  ])('may be %s', (_name, bytes) => expect(decodeText(bytes)).toBe(VTT));

  it('stays UTF-8 if a few bytes are broken', () => {
    const bytes = Buffer.concat([Buffer.from(VTT), Buffer.from([0xff])]);
    expect(decodeText(bytes)).toBe(`${VTT}\uFFFD`);
  });
});

describe('readTranscript', () => {
  it('goes by the content, whatever the name is', async () => {
    const cue = { startMs: 1000, endMs: 2000, text: 'Hi.', speaker: null };
    for (const name of ['a.json', 'a.vtt', 'a.txt', 'a']) {
      expect(await readTranscript(await file(name, JSON.stringify([cue])))).toEqual([cue]);
    }
    expect(await readTranscript(await file('b.json', '00:01,000 --> 00:02,000\nHi.'))).toEqual([cue]);
  });

  it('has no words where whisper.cpp heard nobody', async () => {
    const vtt = 'WEBVTT\n\n00:01.000 --> 00:02.000\n [BLANK_AUDIO]\n\n00:02.000 --> 00:03.000\nHi.';
    const json = { transcription: [{ offsets: { from: 1000, to: 2000 }, text: ' [BLANK_AUDIO]' }] };
    expect(await readTranscript(await file('blank.vtt', vtt))).toMatchObject([{ text: 'Hi.' }]);
    expect(await readTranscript(await file('blank.json', JSON.stringify(json)))).toEqual([]);
  });

  it('refuses in one line what is not there, too large or no transcript', async () => {
    const large = await file('large', '');
    await truncate(large, 65 * 1024 * 1024);
    for (const [path, why] of [
      [join(folder, 'none.vtt'), 'no such file'],
      [folder, 'it is a folder'],
      [large, 'it is larger than 64 MiB'],
      [await file('empty', ' \n'), 'it is empty'],
      [await file('words', 'just some words'), 'it has no line with times'],
    ] as const) {
      const error = await readTranscript(path).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RecordingError);
      expect((error as RecordingError).message).toContain(why);
      expect((error as RecordingError).message).not.toContain('\n');
    }
  });
});
