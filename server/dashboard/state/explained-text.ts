import type { WordWeight } from '../../../client-sdk/protocol/index.ts';

/** A piece of a text: a word with its weight, or the text between words. */
export interface ExplainedPiece {
  readonly text: string;
  /** Weight from the event, 0…1. Null for the text between words. */
  readonly weight: number | null;
}

/** Splits a text at its words. The joined pieces give the text. A word that overlaps an earlier one is skipped. */
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
