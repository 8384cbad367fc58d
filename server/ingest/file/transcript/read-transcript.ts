import { readFile, stat } from 'node:fs/promises';
import type { Warn } from '../analysis-warning.ts';
import { RecordingError } from '../recording-error.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { decodeText } from './decode-text.ts';
import { parseTranscript } from './parse-transcript.ts';

/** Largest transcript file. Words of ten hours with all that recognisers write about them need less. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface ReadTranscriptOptions {
  /** Called for each cue that is left out. */
  readonly warn?: Warn;
}

/**
 * Reads a transcript file of any encoding and any shape that is understood. The name of the file does not matter.
 *
 * @throws RecordingError `transcript-unreadable`
 */
export async function readTranscript(path: string, { warn }: ReadTranscriptOptions = {}): Promise<TranscriptCue[]> {
  const bytes = await readBytes(path);
  return parseTranscript(decodeText(bytes), { path, ...(warn !== undefined && { warn }) });
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw RecordingError.transcript(path, `it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : 'it cannot be opened';
    throw RecordingError.transcript(path, why, cause);
  }
}
