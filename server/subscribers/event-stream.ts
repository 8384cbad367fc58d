import type { ServerResponse } from 'node:http';
import type { EventPosition } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import { EventFeed } from '../event-log/event-feed.ts';
import type { FanOut } from '../event-log/fan-out.ts';
import type { EventFilter, ReadableLog } from '../event-log/readable-log.ts';

export interface EventStreamOptions {
  /** The stream writes the head of the response and ends it. */
  readonly response: ServerResponse;
  /** Calls back with the log, now or once it exists. Returns the function that stops waiting for it. */
  readonly whenThere: (follow: (log: ReadableLog) => void) => () => void;
  readonly fanOut: FanOut;
  /** Position after which the reader continues. */
  readonly after: EventPosition;
  readonly filter: EventFilter;
  readonly clock: Clock;
  /** Interval of the comments that keep proxies from closing the stream, in ms. */
  readonly heartbeatMs: number;
  /** Events in flight to this reader. */
  readonly maxInFlight: number;
  readonly onCatchUp: (count: number) => void;
  readonly onDropped: (count: number) => void;
}

/** Time that a browser waits before it reconnects, in ms. */
const RETRY_MS = 1000;

/**
 * Sends the events of a log as server-sent events: `id` is the position, `event` the type, and `data` the event as JSON.
 * `events.dropped` has no id, so a reader never resumes at a dropped event.
 */
export function openEventStream(options: EventStreamOptions): void {
  const { response, clock, heartbeatMs } = options;
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  let stalled = false;
  const heartbeat = clock.scheduler.schedule(function beat() {
    // A reader that took nothing for a whole interval is probably gone.
    if (stalled && response.writableNeedDrain) {
      response.destroy();
      return;
    }
    stalled = response.writableNeedDrain;
    if (!stalled) response.write(': still here\n\n');
    this.schedule(undefined, heartbeatMs);
  }, heartbeatMs);
  let feed: EventFeed | null = null;
  const stopWaiting = options.whenThere((log) => {
    feed = new EventFeed({
      log,
      fanOut: options.fanOut,
      after: options.after,
      filter: options.filter,
      maxInFlight: options.maxInFlight,
      onCatchUp: options.onCatchUp,
      onDropped: options.onDropped,
      sink: {
        send: (event, flushed) => response.write(event.streamed, () => flushed()),
        tellDropped(dropped) {
          response.write(`event: events.dropped\ndata: ${JSON.stringify(dropped)}\n\n`);
        },
        end: () => response.end(),
      },
    });
  });
  response.once('close', () => {
    heartbeat.unsubscribe();
    stopWaiting();
    feed?.stop();
  });
}
