import type { UtteranceView } from './session-view.ts';

/** Utterances in one chunk of the transcript. */
export const CHUNK_SIZE = 25;

/** Consecutive utterances that are drawn together or not at all. */
export interface Chunk {
  /** Position of the chunk in the call, from 0. */
  readonly key: number;
  readonly utterances: readonly UtteranceView[];
}

/** Splits a call into chunks from its start on, so that new utterances change only the last chunk. */
export function chunkUtterances(utterances: readonly UtteranceView[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < utterances.length; at += CHUNK_SIZE) {
    chunks.push({ key: at / CHUNK_SIZE, utterances: utterances.slice(at, at + CHUNK_SIZE) });
  }
  return chunks;
}

/** Whether two chunks show the same. */
export function isSameChunk(a: Chunk, b: Chunk): boolean {
  return a.utterances.length === b.utterances.length && a.utterances.every((known, at) => known === b.utterances[at]);
}
