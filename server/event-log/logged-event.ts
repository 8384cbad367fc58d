import { type EmotionEvent, formatPosition, type ParticipantRole } from '../../client-sdk/protocol/index.ts';

/** An event as it is kept and sent. It is serialised once for all subscribers. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly type: EmotionEvent['type'];
  /** Role of the participant that the event is about. Null for an event about the whole session. */
  readonly role: ParticipantRole | null;
  /** The event as JSON, UTF-8. Shared: never write to it. */
  readonly json: Buffer;
  /** The event as a server-sent event, whose `data` is {@link json} in the same memory. Shared: never write to it. */
  readonly streamed: Buffer;
}

/** Serialises an event for all its readers. `epoch` is the epoch of its log. */
export function serializeEvent(event: EmotionEvent, epoch: string): LoggedEvent {
  return toLogged(event, JSON.stringify(event), epoch);
}

/** The same for an event that was stored as JSON. */
export function toLogged(event: EmotionEvent, json: string, epoch: string): LoggedEvent {
  const { sequence, type } = event;
  return { sequence, type, role: roleOf(event), ...toStreamed(formatPosition({ epoch, sequence }), type, json) };
}

/** Role of the participant that an event is about. Null for an event about the whole session. */
export function roleOf(event: EmotionEvent): ParticipantRole | null {
  return 'participant' in event ? event.participant.role : null;
}

/** An event as JSON and as a server-sent event, which share their memory. `position`: the id of the latter, ASCII. */
export function toStreamed(
  position: string,
  type: LoggedEvent['type'],
  json: string | Buffer,
): Pick<LoggedEvent, 'json' | 'streamed'> {
  const head = `id: ${position}\nevent: ${type}\ndata: `;
  const streamed =
    typeof json === 'string'
      ? Buffer.from(`${head}${json}\n\n`)
      : Buffer.concat([Buffer.from(head), json, Buffer.from('\n\n')]);
  // The head is ASCII, so its length is its number of bytes.
  return { json: streamed.subarray(head.length, -2), streamed };
}
