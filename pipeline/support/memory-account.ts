/** Kinds of held bytes: decoded audio, pictures as received, words, and features computed of an utterance. */
export type HeldKind = 'audio' | 'pictures' | 'words' | 'features';

/** Counts the bytes that the analysis of one session holds. Buffers report their changes, so nothing has to be walked. */
export interface MemoryAccount {
  /** This many more bytes are held; fewer if negative. */
  hold(kind: HeldKind, bytes: number): void;
  /**
   * Registers a function that frees old media when memory is short. It is never called from within {@link hold}.
   *
   * @returns a function that removes it.
   */
  onTrim(letGo: () => void): () => void;
}

/** For an analysis whose memory is not counted, such as the analysis of a file. */
export const UNCOUNTED: MemoryAccount = { hold: () => {}, onTrim: () => () => {} };
