import type { Logger } from 'pino';

/** Node's own warnings become log lines: it prints them by a write that blocks where standard error is held or full. */
export function logWarnings(log: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn({ warning: name }, message));
}
