import type { MediaFrame } from '../../../pipeline/index.ts';
import { IngestTrack } from '../../../server/ingest/tracks/ingest-track.ts';

/** A track without a session, and the frames that it let through. */
export function looseTrack(media: IngestTrack['media'], horizonMs = 100_000, jitterMs = 200) {
  const frames: MediaFrame[] = [];
  const push = (frame: MediaFrame) => frames.push(frame);
  return { frames, track: new IngestTrack({ trackId: 't', media, jitterMs, horizonMs: () => horizonMs, push }) };
}
