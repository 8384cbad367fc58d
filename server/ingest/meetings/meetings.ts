import { MAX_ID_LENGTH } from '../../../client-sdk/protocol/index.ts';
import type { Session } from '../../sessions/session.ts';
import type { IngestMeter } from '../ingest-meter.ts';
import type { IngestPort } from '../ingest-port.ts';
import type { ReadRecognized } from '../transcripts/recognized-segment.ts';
import type { MeetingRoles } from './attendee.ts';
import { Meeting } from './meeting.ts';
import { MeetingClock } from './meeting-clock.ts';

export interface MeetingsOptions {
  readonly port: IngestPort;
  readonly meter: IngestMeter;
  readonly roles: MeetingRoles;
  readonly readWords: ReadRecognized;
  /** How far media time may run ahead of the wall clock, in ms. */
  readonly maxLeadMs: number;
}

/** Sessions that one meeting may have one after the other: it goes on where one has ended while nobody could connect. */
const MAX_SESSIONS = 8;

/** The meetings of one platform that are going on, by the platform's id: each connection enters the one that it is for. */
export class Meetings {
  readonly #options: MeetingsOptions;
  readonly #going = new Map<string, Meeting>();
  /** Outlive a meeting's last connection: who comes back within the grace finds the session's time. */
  readonly #clocks = new WeakMap<Session, MeetingClock>();

  constructor(options: MeetingsOptions) {
    this.#options = options;
  }

  /**
   * Enters the meeting; its session has the same id.
   *
   * @param id - fit for a session's.
   * @throws ServiceError `session-limit`, `shutting-down`.
   */
  enter(id: string, title: string | null): Meeting {
    const going = this.#going.get(id);
    if (going !== undefined && !going.session.ending) return going.enter();
    const { port, maxLeadMs } = this.#options;
    const part = port.joinFirst(sessionIdsOf(id), title === null ? {} : { title });
    const clock = this.#clocks.get(part.session) ?? new MeetingClock(part.originMs, maxLeadMs / 2);
    this.#clocks.set(part.session, clock);
    const meeting = new Meeting({
      ...this.#options,
      part,
      clock,
      onEmpty: () => {
        if (this.#going.get(id) === meeting) this.#going.delete(id);
      },
    });
    this.#going.set(id, meeting);
    return meeting.enter();
  }
}

function sessionIdsOf(id: string): string[] {
  return Array.from({ length: MAX_SESSIONS }, (_, index) =>
    index === 0 ? id : `${id.slice(0, MAX_ID_LENGTH - 2)}-${index + 1}`,
  );
}
