/// <reference lib="dom" preserve="true" />

import type { EmotionEvent, UtteranceEmotion } from '../protocol/index.ts';
import {
  createSessionStore,
  type FollowedSession,
  NOTHING_FOLLOWED,
  type SessionStore,
} from '../subscribe/session-store.ts';
import { createMeterView, type MeterView } from './meter-view.ts';

export const METER_TAG = 'undertone-meter';

// In Node there is no such class: the module may be imported there, the element not used.
const ElementClass =
  (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * `<undertone-meter server="https://…" session="call-7" participant="customer">`: what a participant of a live session
 * expresses now. Without `participant` it shows whoever spoke last; without `server`, the page's own server is asked.
 * The access token is a property, never an attribute.
 *
 * Every event of the session is dispatched as `undertone-event`, with the event as its `detail`; it bubbles. The element
 * connects while it is in a document and hangs up when it is removed; a move keeps the connection. Colours are custom
 * properties (`--undertone-ink` …), and everything has a `part`.
 */
export class UndertoneMeter extends ElementClass {
  static readonly observedAttributes: readonly string[] = ['server', 'session', 'participant'];
  #token: string | undefined;
  #view: MeterView | null = null;
  #store: SessionStore | null = null;
  #unsubscribe: (() => void) | null = null;
  #isUpdateDue = false;

  /** Access token of the server, if it needs one; undefined sends none. */
  get token(): string | undefined {
    return this.#token;
  }

  set token(token: string | undefined) {
    if (token === this.#token) return;
    this.#token = token;
    this.#restart();
  }

  /** What is known of the session. */
  get followed(): FollowedSession {
    return this.#store?.getSnapshot() ?? NOTHING_FOLLOWED;
  }

  connectedCallback(): void {
    this.#view ??= createMeterView(this.shadowRoot ?? this.attachShadow({ mode: 'open' }));
    this.#update();
  }

  disconnectedCallback(): void {
    this.#update();
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === 'participant') this.#show();
    else this.#restart();
  }

  #restart(): void {
    this.#hangUp();
    this.#store = null;
    this.#update();
  }

  /** Runs after all changes of the same task: a move is a removal and an insertion, and a page sets attributes one by one. */
  #update(): void {
    if (this.#isUpdateDue) return;
    this.#isUpdateDue = true;
    queueMicrotask(() => {
      this.#isUpdateDue = false;
      if (this.isConnected) this.#connect();
      else this.#hangUp();
    });
  }

  #connect(): void {
    const sessionId = this.getAttribute('session');
    if (this.#unsubscribe === null && sessionId !== null && sessionId !== '') {
      this.#store ??= createSessionStore(sessionId, {
        url: this.getAttribute('server') ?? location.origin,
        ...(this.#token !== undefined && { token: this.#token }),
        maxEvents: 1,
        onEvent: (event) => this.#dispatch(event),
      });
      this.#unsubscribe = this.#store.subscribe(() => this.#show());
    }
    this.#show();
  }

  #hangUp(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#view?.stop();
  }

  #dispatch(event: EmotionEvent): void {
    this.dispatchEvent(new CustomEvent('undertone-event', { detail: event, bubbles: true, composed: true }));
  }

  #show(): void {
    this.#view?.show(this.followed, this.#reading());
  }

  /** The latest score of the participant, or of whoever was scored last. The map keeps this order. */
  #reading(): UtteranceEmotion | null {
    const { latest } = this.followed;
    const participant = this.getAttribute('participant');
    return (participant === null ? [...latest.values()].at(-1) : latest.get(participant)) ?? null;
  }
}
