/// <reference lib="dom" preserve="true" />

import type { TrackMedia } from '../../protocol/index.ts';
import type { SessionPublisher } from '../session-publisher.ts';

/** One medium of a stream: captures it, and sends it on a track of the session while the track is open. */
export interface MediaFeed {
  readonly media: TrackMedia;
  /** The track of the stream whose end also ends the medium; null where there is none. */
  readonly source: MediaStreamTrack | null;
  /** @param nowMs - media time now. */
  start(nowMs: () => number, publisher: SessionPublisher, track: OpenTrack): void;
  stop(): void;
}

/** A track of the session. Captured media may still arrive after its end, and is dropped. */
export interface OpenTrack {
  readonly id: number;
  readonly isOpen: boolean;
  /** Counts a picture that is larger than the server takes. */
  oversized(): void;
  /** Nothing more follows on the track. */
  end(): void;
}
