import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import { EventLog } from '../event-log/event-log.ts';
import { toLogged } from '../event-log/logged-event.ts';
import type { HistoryStore } from './history-store.ts';
import { newestEvents } from './newest-events.ts';

/** A session that has ended and is no longer in memory, with its newest events. */
export interface StoredSession {
  readonly events: EventLog;
  /** The reader has left. Further calls do nothing. */
  release(): void;
}

export interface StoredLogsOptions {
  /** The history, to read from. Null: there is none. */
  readonly store: () => Pick<HistoryStore, 'session' | 'events'> | null;
  /** Newest events that are read. */
  readonly maxEvents: number;
}

/** Logs that are in memory for their readers. Each takes at most 16 MiB. */
const MAX_LOGS = 4;

/** Brings logs of ended sessions back into memory while somebody reads them. */
export class StoredLogs {
  readonly #options: StoredLogsOptions;
  #open = 0;

  constructor(options: StoredLogsOptions) {
    this.#options = options;
  }

  /**
   * Opens the newest log with this id. Null: none is stored. `overloaded`: too many are open.
   *
   * @throws HistoryError
   */
  async open(sessionId: string): Promise<StoredSession | 'overloaded' | null> {
    const { store: readable, maxEvents } = this.#options;
    const store = readable();
    if (store === null) return null;
    if (this.#open >= MAX_LOGS) return 'overloaded';
    this.#open += 1;
    let isOpen = true;
    const release = (): void => {
      if (isOpen) this.#open -= 1;
      isOpen = false;
    };
    try {
      const run = await store.session(sessionId);
      if (run !== null) {
        const events = new EventLog(maxEvents, undefined, run.epoch);
        const stored = await newestEvents(store, run, maxEvents);
        const logged = stored.map(({ json }) => {
          const text = new TextDecoder().decode(json);
          return toLogged(JSON.parse(text) as EmotionEvent, text, run.epoch);
        });
        events.restore(logged, run.lastSequence);
        events.close();
        return { events, release };
      }
    } catch (error) {
      release();
      throw error;
    }
    release();
    return null;
  }
}
