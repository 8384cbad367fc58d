import type { HistoryErrorCode } from '../history-error.ts';
import type { HistoryBatch, RetentionLimits, RunName, RunRecord, SessionQuery } from '../history-store.ts';
import type { HistoryDatabaseOptions } from './history-database.ts';

/** `workerData` of a thread. A reader opens the database that the writer has made. */
export type ThreadData =
  | ({ readonly role: 'writer' } & HistoryDatabaseOptions)
  | { readonly role: 'reader'; readonly folder: string };

/** A batch whose events lie in one buffer, so that they cross as a whole. */
export interface PackedBatch {
  readonly runs: readonly RunRecord[];
  /** Each event's run, sequence, and end in `bytes`. */
  readonly events: readonly (RunName & { readonly sequence: number; readonly endByte: number })[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Requests to a thread, and what they carry. */
export type ThreadCall =
  | { readonly method: 'write'; readonly batch: PackedBatch }
  | { readonly method: 'interrupted' }
  | { readonly method: 'sessions'; readonly query: SessionQuery }
  | { readonly method: 'session'; readonly sessionId: string; readonly epoch: string | undefined }
  | {
      readonly method: 'events';
      readonly run: RunName;
      readonly after: number;
      readonly limit: number;
      readonly maxBytes: number;
    }
  | { readonly method: 'utterances'; readonly run: RunName; readonly cursor: number | null; readonly limit: number }
  | { readonly method: 'erase'; readonly sessionId: string; readonly ended: string | null; readonly nowMs: number }
  | { readonly method: 'prune'; readonly limits: RetentionLimits; readonly nowMs: number }
  | { readonly method: 'mark-whole' }
  | { readonly method: 'close' };

export interface ThreadRequest {
  readonly id: number;
  readonly call: ThreadCall;
}

/** A failure that crosses threads. */
export interface CrossedError {
  readonly code: HistoryErrorCode;
  readonly message: string;
  /** Text of the error below it. */
  readonly detail: string | null;
}

export type ThreadReply =
  | { readonly kind: 'opened'; readonly wasWhole: boolean }
  | { readonly kind: 'not-opened'; readonly error: CrossedError }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CrossedError };

export function packBatch({ runs, events }: HistoryBatch): PackedBatch {
  const bytes = new Uint8Array(events.reduce((sum, { json }) => sum + json.byteLength, 0));
  let endByte = 0;
  const packed = events.map(({ sessionId, epoch, sequence, json }) => {
    bytes.set(json, endByte);
    endByte += json.byteLength;
    return { sessionId, epoch, sequence, endByte };
  });
  return { runs, events: packed, bytes };
}

export function unpackBatch({ runs, events, bytes }: PackedBatch): HistoryBatch {
  let startByte = 0;
  const unpacked = events.map(({ endByte, ...name }) => {
    const json = bytes.subarray(startByte, endByte);
    startByte = endByte;
    return { ...name, json };
  });
  return { runs, events: unpacked };
}
