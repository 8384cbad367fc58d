import { ignoreElements, type OperatorFunction } from 'rxjs';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../pipeline/index.ts';
import { startTestServer } from '../../support/server/test-server.ts';

/** A server whose analysis takes every frame and says nothing: what a way in costs by itself. Runs until it is killed. */
const server = await startTestServer({
  analyze: () => ignoreElements() as OperatorFunction<MediaFrame, EmotionEvent>,
  config: { maxSessions: 2000, maxConnections: 2000, maxMessagesPerSecond: 10_000 },
});
process.stdout.write(`${server.url}/ \n`);
