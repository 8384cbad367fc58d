import type { TrackMedia } from '../protocol/index.ts';
import type { SessionPublisher } from './session-publisher.ts';

/** A stream that is being published. */
export interface PublishedMedia {
  readonly sessionId: string;
  /** What is published: a medium that the stream or the browser lacks is missing here. */
  readonly kinds: readonly TrackMedia['kind'][];
  /** Packets given up so far: the connection was too slow, or a picture larger than the server takes. None with `webrtc`, which adapts. */
  readonly dropped: SessionPublisher['dropped'];
  /** Resolves when the session is over; rejects with {@link ClientError}. Capture has stopped by then. */
  readonly closed: Promise<void>;
  /**
   * Ends capture and session; resolves when the server has finished. With `webrtc` it leaves the session, which ends with its last
   * publisher, and resolves when the server knows. The stream's own tracks go on.
   */
  stop(): Promise<void>;
}
