import type { CloseReason, RefusalCode } from '../../../client-sdk/protocol/index.ts';
import type { PictureErrorCode } from '../pictures/picture-error.ts';

/** Counts what the adapters accept and drop. */
export interface IngestMeter {
  received(kind: 'packet' | 'message', bytes: number): void;
  /** One packet or message was dropped. */
  refused(code: RefusalCode): void;
  /** A picture was refused or could not be decoded. */
  pictureDropped(code: PictureErrorCode): void;
  /** A source was closed by the server. */
  closed(reason: CloseReason): void;
  /** Numbered messages of the source that never arrived. */
  lost(count: number): void;
  /** Data from a source caused an error in this server. The source was closed. */
  peerFaulted(way: WayIn): void;
}

/** How a source is connected. */
export type WayIn = 'webrtc' | 'websocket';
