import { pino } from 'pino';
import type { Models } from '../../../models/index.ts';
import { type Config, configSchema } from '../../../server/config/config-schema.ts';
import { type CreateServerOptions, createServer, type UndertoneServer } from '../../../server/create-server.ts';
import { type ScriptedAnalyzeOptions, scriptedAnalyze } from './scripted-analyze.ts';

export interface TestServer extends UndertoneServer {
  /** `ws://…` of the server. */
  readonly socketUrl: string;
  /** Every line the server logged. */
  readonly logLines: string[];
}

export interface TestServerOptions
  extends Partial<
    Pick<CreateServerOptions, 'analyze' | 'clock' | 'dashboard' | 'history' | 'mediasoup' | 'onDrain' | 'speakers'>
  > {
  readonly config?: Partial<Config>;
  readonly script?: ScriptedAnalyzeOptions;
}

/**
 * A busy machine delays the tests' servers. Only a test of that limit says what is too late. Calls need not end by themselves
 * when a test is over.
 */
export const PATIENT = { maxLagMs: 3_600_000, maxLoadPercent: 100_000, drainGraceMs: 0 } as const;

/** Starts a server on a free port, with the scripted analysis unless the options contain another. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { config, script, ...rest } = options;
  const logLines: string[] = [];
  const server = createServer({
    config: { ...configSchema.parse({}), port: 0, heartbeatMs: 60_000, ...PATIENT, ...config },
    models: idleModels,
    logger: pino({ level: 'debug' }, { write: (line: string) => logLines.push(line) }),
    analyze: scriptedAnalyze(script),
    ...rest,
  });
  await server.listen();
  return Object.assign(server, { socketUrl: server.url.replace('http', 'ws'), logLines });
}

const dropped = { 'flow-full': 0, 'queue-full': 0 };
const idle = { queueDepth: 0, running: 0, batches: 0, items: 0, dropped };

/** Models that are never run. Only their counters are read. */
const idleModels = {
  failing: () => [],
  doubt: () => {},
  stats: () => ({
    batchers: { text: idle, video: idle, fusion: idle, perception: idle },
    workers: { emotion: [], perception: { pending: 0, dropped: 0, restarts: 0 } },
  }),
} as unknown as Models;
