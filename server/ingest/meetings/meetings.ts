import type { Grant } from '../../access/grant.ts';
import type { Platform } from '../../access/platform.ts';
import type { Session } from '../../sessions/session.ts';
import type { IngestMeter } from '../admission/ingest-meter.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { clockJumped } from '../tracks/source-notices.ts';
import type { ReadRecognized } from '../transcripts/recognized-segment.ts';
import type { MeetingRoles } from './attendee.ts';
import { Meeting } from './meeting.ts';
import { MeetingClock } from './meeting-clock.ts';

export interface MeetingsOptions {
  readonly platform: Platform;
  readonly ingest: IngestPort;
  readonly meter: IngestMeter;
  readonly roles: MeetingRoles;
  readonly readWords: ReadRecognized;
  /** How far media time may run ahead of the wall clock, in ms. */
  readonly maxLeadMs: number;
}

/**
 * Sessions that one meeting may have, one after another. A new one starts if the last one ended while nobody could
 * connect.
 */
const MAX_SESSIONS = 8;

/** The meetings of one platform that are going on, by the platform's id. Each connection enters its meeting. */
export class Meetings {
  readonly #options: MeetingsOptions;
  readonly #going = new Map<string, Meeting>();
  /**
   * Clocks outlive a meeting's last connection. A connection that returns within the grace finds the session's time.
   */
  readonly #clocks = new WeakMap<Session, MeetingClock>();

  constructor(options: MeetingsOptions) {
    this.#options = options;
  }

  /**
   * Enters the meeting, together with the holder's other connections. The session's id is the platform's name followed
   * by the meeting's id.
   *
   * @throws ServiceError as {@link IngestPort.joinCall}.
   */
  enter(meetingId: string, title: string | null, grant: Grant): Meeting {
    const key = `${meetingId} ${grant.holder}`;
    const going = this.#going.get(key);
    if (going !== undefined && !going.session.ending) return going.enter();
    const { platform, ingest, maxLeadMs } = this.#options;
    const part = ingest.joinCall({ platform, ids: idsOf(meetingId), ...(title !== null && { title }) }, grant);
    const { session, originMs } = part;
    const clock =
      this.#clocks.get(session) ??
      new MeetingClock({
        originMs,
        latestStartMs: maxLeadMs / 2,
        elapsedMs: () => session.elapsedMs,
        maxLeadMs,
        onJump: (byMs) => session.notice(clockJumped(byMs)),
      });
    this.#clocks.set(part.session, clock);
    const meeting = new Meeting({
      ...this.#options,
      part,
      clock,
      onEmpty: () => {
        if (this.#going.get(key) === meeting) this.#going.delete(key);
      },
    });
    this.#going.set(key, meeting);
    return meeting.enter();
  }
}

function idsOf(meetingId: string): string[] {
  return Array.from({ length: MAX_SESSIONS }, (_, index) => (index === 0 ? meetingId : `${meetingId}-${index + 1}`));
}
