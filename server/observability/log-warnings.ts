import type { Logger } from 'pino';

/**
 * Turns Node's own warnings into log lines. Node would print them with a write that blocks when standard error is full
 * or paused.
 */
export function logWarnings(log: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn({ warning: name }, message));
}
