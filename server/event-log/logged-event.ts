import { type EmotionEvent, formatPosition } from '../../client-sdk/protocol/index.ts';

/** An event as it is kept and sent: serialised once, for every subscriber. */
export interface LoggedEvent {
  readonly sequence: number;
  readonly type: EmotionEvent['type'];
  /** The event as JSON, UTF-8. Shared: never written to. */
  readonly json: Buffer;
  /** The event as a server-sent event, whose `data` is {@link json}: the same memory. Shared: never written to. */
  readonly streamed: Buffer;
}

/** Serialises an event for all its readers. `epoch` is that of its log. */
export function serializeEvent(event: EmotionEvent, epoch: string): LoggedEvent {
  const { sequence, type } = event;
  const head = `id: ${formatPosition({ epoch, sequence })}\nevent: ${type}\ndata: `;
  const streamed = Buffer.from(`${head}${JSON.stringify(event)}\n\n`);
  // The head is ASCII: as many bytes as characters.
  return { sequence, type, json: streamed.subarray(head.length, -2), streamed };
}
