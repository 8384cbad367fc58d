import { fileURLToPath } from 'node:url';

/** The model bundle that ships with the server. */
export const BUNDLE_DIRECTORY = fileURLToPath(new URL('../../models/undertone-mini', import.meta.url));

/** A command's way to the outside; resolves to the exit code. */
export interface CommandIo {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
