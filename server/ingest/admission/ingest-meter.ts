import type { CloseReason, RefusalCode } from '../../../client-sdk/protocol/index.ts';
import type { PictureErrorCode } from '../pictures/picture-error.ts';

/** Counts what the ways in take, and what they do not. */
export interface IngestMeter {
  received(kind: 'packet' | 'message', bytes: number): void;
  /** A packet or message alone was dropped. */
  refused(code: RefusalCode): void;
  /** A picture was not taken, or not decoded. */
  pictureDropped(code: PictureErrorCode): void;
  /** A source was closed by the server. */
  closed(reason: CloseReason): void;
  /** Messages that the source numbered and that never came. */
  lost(count: number): void;
  /** What a source sent broke something in this server; the source was closed. */
  peerFaulted(way: WayIn): void;
}

/** Where a source comes in. */
export type WayIn = 'webrtc' | 'websocket';
