import { type EmotionEvent, formatPosition } from '../../client-sdk/protocol/index.ts';

/** An event as it is kept and sent. It is serialised once for all subscribers. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly type: EmotionEvent['type'];
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
export function toLogged({ sequence, type }: EmotionEvent, json: string, epoch: string): LoggedEvent {
  const head = `id: ${formatPosition({ epoch, sequence })}\nevent: ${type}\ndata: `;
  const streamed = Buffer.from(`${head}${json}\n\n`);
  // The head is ASCII, so its length is its number of bytes.
  return { sequence, type, json: streamed.subarray(head.length, -2), streamed };
}
