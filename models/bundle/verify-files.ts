import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine, ModelError } from '../model-error.ts';
import { sha256 } from './sha256.ts';

/** Whether a file matches its entry in a manifest. */
export interface FileVerdict {
  readonly file: string;
  readonly state: 'intact' | 'damaged' | 'missing';
}

/** A file and its SHA-256, hexadecimal. */
export interface NamedFile {
  readonly file: string;
  readonly sha256: string;
}

/**
 * Compares every file that a folder's `manifest.json` names with its SHA-256. Does not read the rest of the manifest.
 *
 * @throws ModelError `invalid-bundle` if the manifest cannot be read or names no file
 */
export async function verifyFiles(directory: string): Promise<FileVerdict[]> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
  } catch (error) {
    throw ModelError.invalidBundle(`${join(directory, 'manifest.json')} cannot be read: ${firstLine(error)}`, error);
  }
  const files = namedFiles(manifest);
  if (files.length === 0) throw ModelError.invalidBundle(`${join(directory, 'manifest.json')} names no file.`);
  return Promise.all(files.map((file) => verifyFile(directory, file)));
}

/** Compares one file with its SHA-256. */
export async function verifyFile(directory: string, { file, sha256: expected }: NamedFile): Promise<FileVerdict> {
  try {
    const bytes = await readFile(join(directory, file));
    return { file, state: sha256(bytes) === expected.toLowerCase() ? 'intact' : 'damaged' };
  } catch {
    return { file, state: 'missing' };
  }
}

function namedFiles(value: unknown): NamedFile[] {
  if (typeof value !== 'object' || value === null) return [];
  const { file, sha256: hash } = value as Record<string, unknown>;
  const itself = typeof file === 'string' && typeof hash === 'string' ? [{ file, sha256: hash }] : [];
  return [...itself, ...Object.values(value).flatMap(namedFiles)];
}
