import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

/**
 * Logs as JSON Lines on standard error: standard output is for people and for results.
 * A line carries session ids, codes and counts; never words, names or pictures of a call.
 */
export function createLogger(level: string): Logger {
  return pino({ name: 'undertone', level, base: null, timestamp: stdTimeFunctions.isoTime }, destination(2));
}
