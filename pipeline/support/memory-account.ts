/** What held bytes are: decoded audio, pictures as they came, words, what was computed of an utterance. */
export type HeldKind = 'audio' | 'pictures' | 'words' | 'features';

/** Counts the bytes that the analysis of one session holds. Told where buffers change, so that nothing is walked. */
export interface MemoryAccount {
  /** So many bytes more are held; fewer where negative. */
  hold(kind: HeldKind, bytes: number): void;
  /**
   * Registers what lets go of old media where memory is short. It is never called from within {@link hold}.
   *
   * @returns takes it back.
   */
  onTrim(letGo: () => void): () => void;
}

/** For an analysis whose memory nobody counts, such as one of a file. */
export const UNCOUNTED: MemoryAccount = { hold: () => {}, onTrim: () => () => {} };
