/**
 * Prints the events of a session, live or ended, until it ends; Ctrl-C leaves. Without a session it lists them.
 *
 *     node client-sdk/examples/subscribe.ts [SESSION]
 */
import { createEmotionClient, type EmotionEvent } from '../index.ts';

const { UNDERTONE_URL: url = 'http://localhost:7700', UNDERTONE_TOKEN: token } = process.env;
const client = createEmotionClient({ url, ...(token !== undefined && { token }) });
const [sessionId] = process.argv.slice(2);

if (sessionId === undefined) {
  for (const session of await client.listSessions()) {
    console.log(`${session.sessionId}  ${session.state}  ${session.utteranceCount} utterances  ${session.title ?? ''}`);
  }
} else {
  const leave = new AbortController();
  process.once('SIGINT', () => leave.abort());
  for await (const event of client.events(sessionId, { signal: leave.signal })) {
    console.log(`${(event.mediaTimeMs / 1000).toFixed(1).padStart(7)} s  ${describe(event)}`);
  }
}

function describe(event: EmotionEvent): string {
  switch (event.type) {
    case 'session.started':
      return `session started, scored by ${event.modelId}`;
    case 'utterance.started':
      return `${event.participant.id} speaks`;
    case 'utterance.emotion': {
      const { label, confidence, certain } = event.emotion;
      const perhaps = certain === false ? 'unclear, perhaps ' : '';
      const remark = event.dissatisfaction?.likely === true ? ', dissatisfaction likely' : '';
      const words = event.transcript === null ? '' : `  “${event.transcript.text}”`;
      const score = `${perhaps}${label} ${Math.round(confidence * 100)} %${remark}`;
      return `${event.participant.id}: ${score} (revision ${event.revision})${words}`;
    }
    case 'utterance.failed':
      return `${event.participant.id}: ${event.message}`;
    case 'session.ended':
      return `session ended (${event.reason}) after ${event.utteranceCount} utterances`;
  }
}
