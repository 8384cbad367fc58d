import { setTimeout as sleep } from 'node:timers/promises';
import {
  createEmotionClient,
  type EmotionEvent,
  type EventPage,
  openSession,
  parseEmotionEvent,
  type SessionPublisher,
} from '../../client-sdk/index.ts';
import { until } from '../support/until.ts';

/** What became of a call. */
export interface ChaosResult {
  /** Events in the stored log. */
  readonly events: number;
  /** Stored events that the subscriber did not see. */
  readonly lost: number;
  /** Events that did not follow the one before. */
  readonly repeated: number;
  /** Events that the subscriber saw otherwise than they are stored. */
  readonly altered: number;
  /** Notices of dropped events. */
  readonly notices: number;
  /** Different epochs that the subscriber saw. */
  readonly epochs: number;
}

/** Time between two utterances, in ms of the clock and of the call. */
const SAY_EVERY_MS = 1000;
const APART_MS = 3000;
const RECONNECT = { initialDelayMs: 50, maxDelayMs: 500, maxAttempts: Number.POSITIVE_INFINITY };

/** A call whose publisher and subscriber come back whatever happens to the server. */
export class ChaosCall {
  readonly #url: string;
  readonly #sessionId: string;
  readonly #seen: { readonly event: EmotionEvent; readonly atMs: number }[] = [];
  readonly #publishing: Promise<void>;
  readonly #reading: Promise<void>;
  #notices = 0;
  #isOver = false;

  constructor(url: string, sessionId: string) {
    this.#url = url;
    this.#sessionId = sessionId;
    this.#publishing = this.#publish();
    this.#reading = this.#read();
  }

  /** Events that the subscriber saw. */
  get eventCount(): number {
    return this.#seen.length;
  }

  /** Time from then until the subscriber sees another event, in ms. */
  async nextEventAfter(fromMs: number): Promise<number> {
    await until(() => (this.#seen.at(-1)?.atMs ?? 0) > fromMs);
    return this.#seen.find(({ atMs }) => atMs > fromMs)!.atMs - fromMs;
  }

  /** Ends the call and compares what the subscriber saw with what is stored. */
  async finish(): Promise<ChaosResult> {
    this.#isOver = true;
    await this.#publishing;
    await this.#reading;
    const stored = await this.#readStored();
    const seen = new Map(this.#seen.map(({ event }) => [event.sequence, JSON.stringify(event)]));
    const inOrder = this.#seen.filter(({ event }, index) => event.sequence === index + 1);
    return {
      events: stored.length,
      lost: stored.filter(({ sequence }) => !seen.has(sequence)).length,
      repeated: this.#seen.length - inOrder.length,
      altered: stored.filter((event) => (seen.get(event.sequence) ?? '') !== JSON.stringify(event)).length,
      notices: this.#notices,
      epochs: new Set(this.#seen.map(({ event }) => event.epoch)).size,
    };
  }

  async #publish(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#talk(await openSession({ url: this.#url, sessionId: this.#sessionId }));
      } catch {
        await sleep(100 + Math.random() * 200);
      }
    }
  }

  async #talk(session: SessionPublisher): Promise<void> {
    session.closed.catch(() => {});
    const track = await session.addTrack({ id: 'caller' }, { kind: 'transcript' });
    for (let index = 0; !this.#isOver; index += 1) {
      const startMs = index * APART_MS;
      const words = { startMs, endMs: startMs + 500, text: `this is sentence ${index}`, final: true };
      session.sendTranscript(track, { segmentId: `${index}`, ...words });
      await sleep(SAY_EVERY_MS);
    }
    await session.end();
  }

  /** A subscriber may be there before its session. */
  async #read(): Promise<void> {
    const client = createEmotionClient({ url: this.#url, reconnect: RECONNECT });
    const onDropped = (): void => {
      this.#notices += 1;
    };
    while (this.#seen.at(-1)?.event.type !== 'session.ended') {
      const { sequence = 0, epoch } = this.#seen.at(-1)?.event ?? {};
      const position = { afterSequence: sequence, ...(epoch !== undefined && { epoch }) };
      try {
        for await (const event of client.events(this.#sessionId, { onDropped, ...position })) {
          this.#seen.push({ event, atMs: performance.now() });
        }
      } catch {
        await sleep(100);
      }
    }
  }

  async #readStored(): Promise<EmotionEvent[]> {
    const events: EmotionEvent[] = [];
    for (let after = ''; ; ) {
      const page = (await (
        await fetch(`${this.#url}/v1/sessions/${this.#sessionId}/events?after=${after}`)
      ).json()) as EventPage;
      if (page.events.length === 0) return events;
      events.push(...page.events.map(parseEmotionEvent));
      after = page.next!;
    }
  }
}
