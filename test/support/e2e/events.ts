import type { EmotionEvent, UtteranceEmotion } from '../../../client-sdk/index.ts';

export const isEmotion = (event: EmotionEvent): event is UtteranceEmotion => event.type === 'utterance.emotion';

/** All events of an iteration, in order. */
export async function collect(events: AsyncIterable<EmotionEvent>): Promise<EmotionEvent[]> {
  const collected: EmotionEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

/** Problems in a session's events as a whole. Empty when there are none. */
export function streamProblems(events: readonly EmotionEvent[]): string[] {
  const problems: string[] = [];
  const started = new Set<string>();
  const revisions = new Map<string, number>();
  for (const [index, event] of events.entries()) {
    if (event.sequence !== index + 1) problems.push(`sequence ${event.sequence} at position ${index + 1}`);
    if ((index === 0) !== (event.type === 'session.started')) problems.push(`${event.type} at position ${index + 1}`);
    if ((index === events.length - 1) !== (event.type === 'session.ended'))
      problems.push('session.ended not at the end');
    if (event.type === 'utterance.started') started.add(event.utteranceId);
    if (event.type === 'utterance.failed') problems.push(`${event.utteranceId} failed: ${event.code}`);
    if (!isEmotion(event)) continue;
    const { utteranceId, revision, modalities } = event;
    if (!started.has(utteranceId)) problems.push(`${utteranceId} was never started`);
    if (revision !== (revisions.get(utteranceId) ?? -1) + 1) problems.push(`${utteranceId} jumps to ${revision}`);
    revisions.set(utteranceId, revision);
    const sum = Object.values(modalities).reduce((total, { contribution }) => total + contribution, 0);
    if (Math.abs(sum - 1) > 0.01) problems.push(`contributions of ${utteranceId} sum to ${sum}`);
  }
  for (const id of started) if (!revisions.has(id)) problems.push(`${id} was never told`);
  return problems;
}
