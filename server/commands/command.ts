import { fileURLToPath } from 'node:url';

/** The model bundle that ships with the server. */
export const BUNDLE_DIRECTORY = fileURLToPath(new URL('../../models/undertone-mini', import.meta.url));

/** Output streams and stop signal of a command. A command resolves to its exit code. */
export interface CommandIo {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
