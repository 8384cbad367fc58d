import { ClientError, type EventPage, parseEmotionEvent, type ServerAddress } from '../../../client-sdk/index.ts';

/**
 * Reads one page of a session's events over HTTP. The list of sessions uses it, so that it needs no socket per session.
 *
 * @throws {@link ClientError}; the signal's reason when it aborts.
 */
export async function fetchEventPage(
  address: ServerAddress,
  sessionId: string,
  afterSequence: number,
  signal: AbortSignal,
): Promise<EventPage> {
  const url = new URL(`v1/sessions/${encodeURIComponent(sessionId)}/events?after=${afterSequence}`, address.url);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (address.token !== undefined) headers.authorization = `Bearer ${address.token}`;
  let response: Response;
  try {
    response = await fetch(url, { headers, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw ClientError.connectionFailed(error);
  }
  if (!response.ok) throw ClientError.fromHttpStatus(response.status);
  try {
    const page = (await response.json()) as EventPage;
    return { events: page.events.map(parseEmotionEvent), nextAfter: page.nextAfter };
  } catch (error) {
    signal.throwIfAborted();
    throw ClientError.protocolViolation(error);
  }
}
