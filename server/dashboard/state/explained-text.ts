import type { WordWeight } from '../../../client-sdk/protocol/index.ts';

/** A piece of a text, in order: a word with its weight, or what stands between words. */
export interface ExplainedPiece {
  readonly text: string;
  /** 0…1, as the event tells it; null for what is no word. */
  readonly weight: number | null;
}

/** Cuts a text at its words; the pieces joined are the text. Words that overlap an earlier one are passed over. */
export function explainText(text: string, words: readonly WordWeight[]): ExplainedPiece[] {
  const pieces: ExplainedPiece[] = [];
  let at = 0;
  for (const { start, end, weight } of words) {
    if (start < at || end <= start) continue;
    if (start > at) pieces.push({ text: text.slice(at, start), weight: null });
    pieces.push({ text: text.slice(start, end), weight });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), weight: null });
  return pieces;
}
