import type { TextTokens } from '../../../models/index.ts';

/** Most tokens of the whole context, including the `[SEP]` of each utterance. This limits its cost. */
const CONTEXT_TOKENS = 48;
/** Most tokens of one utterance of the context, as text encoders are trained. */
const UTTERANCE_TOKENS = 24;
/** Utterances of a call that are kept, and utterances whose context is kept. The oldest are forgotten. */
const MAX_REMEMBERED = 256;

/** Which utterance it is, and when it was spoken, ms of media time. */
export interface SpokenUtterance {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

interface Said extends SpokenUtterance {
  /** The end of its words, with `[SEP]`; null if it has no words that the model reads. */
  tokens: Int32Array | null;
}

export interface CallContextOptions {
  /** How many utterances before an utterance are its context, ≥ 1. */
  readonly contextUtterances: number;
  /** Called with the number of further bytes that are held; negative if fewer are held. */
  readonly onHeld?: (bytes: number) => void;
}

/**
 * Keeps what all participants of a call said, and finds the context of an utterance.
 *
 * The context of an utterance is the newest utterances with words that began before it and had ended by its end. They are
 * chosen when its own words are first read, and stay chosen. Corrections of their words before that time are included.
 */
export class CallContext {
  /** By start. */
  readonly #said: Said[] = [];
  /** By utterance, oldest first. */
  readonly #contexts = new Map<string, readonly Said[]>();
  readonly #count: number;
  readonly #onHeld: (bytes: number) => void;

  constructor({ contextUtterances, onHeld = () => {} }: CallContextOptions) {
    this.#count = contextUtterances;
    this.#onHeld = onHeld;
  }

  /**
   * Takes the words of an utterance. They replace its earlier words.
   *
   * @param own - `[CLS] … [SEP]`; null if it has no words that the model reads
   */
  tell(utterance: SpokenUtterance, own: TextTokens | null): void {
    const tokens = own === null ? null : this.#endOf(own.ids);
    let said = this.#said.find(({ id }) => id === utterance.id);
    if (said === undefined) {
      if (tokens === null) return;
      said = { id: utterance.id, startMs: utterance.startMs, endMs: utterance.endMs, tokens: null };
      this.#remember(said);
    }
    this.#onHeld((tokens?.byteLength ?? 0) - (said.tokens?.byteLength ?? 0));
    said.tokens = tokens;
  }

  /** The end of the words of each utterance of the context, oldest first, each with its `[SEP]`. */
  before(utterance: SpokenUtterance): Int32Array[] {
    let context = this.#contexts.get(utterance.id);
    if (context === undefined) {
      context = this.#choose(utterance);
      if (this.#contexts.size >= MAX_REMEMBERED) this.#contexts.delete(this.#contexts.keys().next().value!);
      this.#contexts.set(utterance.id, context);
    }
    return context.flatMap(({ tokens }) => (tokens === null ? [] : [tokens]));
  }

  #choose({ id, startMs, endMs }: SpokenUtterance): readonly Said[] {
    const before = this.#said.filter(
      (said) => said.tokens !== null && said.id !== id && said.startMs < startMs && said.endMs <= endMs,
    );
    return before.slice(-this.#count);
  }

  #endOf(ids: Int32Array): Int32Array {
    const most = Math.min(UTTERANCE_TOKENS, Math.floor(CONTEXT_TOKENS / this.#count));
    return ids.slice(Math.max(1, ids.length - most));
  }

  #remember(said: Said): void {
    const at = this.#said.findIndex(({ startMs }) => startMs > said.startMs);
    this.#said.splice(at < 0 ? this.#said.length : at, 0, said);
    if (this.#said.length <= MAX_REMEMBERED) return;
    const forgotten = this.#said.shift()!;
    this.#onHeld(-(forgotten.tokens?.byteLength ?? 0));
  }
}

/**
 * An utterance's tokens followed by its context: `[CLS] utterance [SEP] older [SEP] newer [SEP]`. An utterance of the
 * context that does not fit is left out, and so are the ones before it.
 *
 * @param before - the oldest first, each with its `[SEP]`
 */
export function withContext(own: TextTokens, before: readonly Int32Array[], maxTokens: number): TextTokens {
  let room = maxTokens - own.ids.length;
  let first = before.length;
  while (first > 0 && before[first - 1]!.length <= room) {
    first -= 1;
    room -= before[first]!.length;
  }
  if (first === before.length) return own;
  const ids = new Int32Array(maxTokens - room);
  ids.set(own.ids);
  let at = own.ids.length;
  for (const tokens of before.slice(first)) {
    ids.set(tokens, at);
    at += tokens.length;
  }
  return { ids, ownCount: own.ids.length };
}
