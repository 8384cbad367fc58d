import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import type { BareFormat } from './foreign-messages.ts';

const telephone = (name: string): BareFormat => ({ name, sampleRateHz: 8000 });

/** By the file name's end, as Asterisk, FreeSWITCH, SoX and FFmpeg name them. */
const BARE_FORMATS: Readonly<Record<string, BareFormat>> = {
  '.al': telephone('alaw'),
  '.alaw': telephone('alaw'),
  '.ul': telephone('mulaw'),
  '.ulaw': telephone('mulaw'),
  '.mulaw': telephone('mulaw'),
  '.pcma': telephone('alaw'),
  '.pcmu': telephone('mulaw'),
  '.sln': telephone('s16le'),
  '.sln12': { name: 's16le', sampleRateHz: 12_000 },
  '.sln16': { name: 's16le', sampleRateHz: 16_000 },
  '.sln24': { name: 's16le', sampleRateHz: 24_000 },
  '.sln32': { name: 's16le', sampleRateHz: 32_000 },
  '.sln44': { name: 's16le', sampleRateHz: 44_100 },
  '.sln48': { name: 's16le', sampleRateHz: 48_000 },
  '.sln96': { name: 's16le', sampleRateHz: 96_000 },
  '.g722': { name: 'g722' },
  '.722': { name: 'g722' },
  '.g729': { name: 'g729' },
  '.gsm': { name: 'gsm' },
};

/** What the beginnings of files with a header look like, whatever their names say. */
const HEADERS = ['RIFF', 'RIFX', 'FORM', 'OggS', 'fLaC', '.snd', 'caff', 'ID3', '#!AMR'];

/**
 * The format of a file that is known by its name alone: samples or frames of telephony without a header. Null for every
 * other file.
 *
 * @param start - the first bytes of the file.
 */
export function bareFormat(path: string, start: Uint8Array): BareFormat | null {
  const text = new TextDecoder('latin1').decode(start.subarray(0, 8));
  if (HEADERS.some((header) => text.startsWith(header))) return null;
  return BARE_FORMATS[extname(path).toLowerCase()] ?? null;
}

/** The format of a file that is known by its name alone. Null for every other file. Throws the file system's error. */
export async function readBareFormat(path: string): Promise<BareFormat | null> {
  if (BARE_FORMATS[extname(path).toLowerCase()] === undefined) return null;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(16), 0, 16, 0);
    return bareFormat(path, buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
