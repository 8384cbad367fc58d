import { type Logger, pino, stdTimeFunctions } from 'pino';
import { printableJson } from '../printable.ts';
import type { LogSink } from './log-sink.ts';

/**
 * Logs as JSON Lines. A line carries session ids, codes and counts; never words, names or pictures of a call.
 *
 * @param sink - where the lines go: {@link LogSink} keeps a full disk, or a pipe that nobody reads, from stopping the server.
 */
export function createLogger(level: string, sink: Pick<LogSink, 'write'>): Logger {
  // Node's errors may repeat what a caller sent.
  const write = (line: string): void => sink.write(printableJson(line));
  return pino({ name: 'undertone', level, base: null, timestamp: stdTimeFunctions.isoTime }, { write });
}
