import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ExecutionProvider } from '../../../../models/index.ts';

/** Result of trying an execution provider. */
export interface ProviderTrial {
  /** Fastest of several forward passes with words, voice and a face, in ms. Null when the provider cannot be used. */
  readonly passMs: number | null;
  /** Why it cannot be used, in one line. */
  readonly reason: string | null;
}

/** Tries a provider with a bundle. Never rejects. */
export type ProviderProbe = (
  provider: ExecutionProvider,
  bundleDirectory: string,
  signal: AbortSignal,
) => Promise<ProviderTrial>;

/** Time limit of a trial, in ms. A provider that works takes one to three seconds on an idle machine. */
const LIMIT_MS = 55_000;

const SCRIPT = fileURLToPath(new URL('./try-provider.ts', import.meta.url));

/** Tries a provider in a separate process, which ends with the signal or at the time limit. */
export const tryProvider: ProviderProbe = async (provider, bundleDirectory, signal) => {
  try {
    const run = promisify(execFile)(process.execPath, [SCRIPT, provider, bundleDirectory], {
      signal,
      timeout: LIMIT_MS,
    });
    return JSON.parse((await run).stdout) as ProviderTrial;
  } catch (error) {
    const wasStopped = signal.aborted || (error as { killed?: boolean }).killed === true;
    return { passMs: null, reason: wasStopped ? 'it did not answer in time' : 'the process that tried it crashed' };
  }
};
