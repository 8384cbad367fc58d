import { type Logger, pino, stdTimeFunctions } from 'pino';
import { printableJson } from '../printable.ts';
import type { LogSink } from './log-sink.ts';

/**
 * Logs as JSON Lines. A line carries session ids, codes and counts. It never carries words, names or pictures of a
 * call.
 *
 * @param sink - destination of the lines. With {@link LogSink}, a full disk or an unread pipe cannot stop the server.
 */
export function createLogger(level: string, sink: Pick<LogSink, 'write'>): Logger {
  // Node's errors may repeat what a client sent.
  const write = (line: string): void => sink.write(printableJson(line));
  return pino({ name: 'undertone', level, base: null, timestamp: stdTimeFunctions.isoTime }, { write });
}
