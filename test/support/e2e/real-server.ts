import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type BatchingOptions, type Models, type OpenModelsOptions, openModels } from '../../../models/index.ts';
import { AnalysisShards, type AnalysisShardsOptions } from '../../../server/analysis/analysis-shards.ts';
import { type Config, configSchema } from '../../../server/config/config-schema.ts';
import { type CreateServerOptions, createServer, type UndertoneServer } from '../../../server/create-server.ts';
import { PATIENT } from '../server/test-server.ts';

const SHIPPED: OpenModelsOptions = {
  bundleDirectory: fileURLToPath(new URL('../../../models/undertone-mini', import.meta.url)),
  providers: ['cpu'],
  log: () => {},
};

/** Opens the bundle that ships with the server, on the CPU. */
export function openShippedModels(batching: Partial<BatchingOptions> = {}): Promise<Models> {
  return openModels({ ...SHIPPED, batching });
}

/** Opens analysis threads with the bundle that ships with the server. */
export function openShippedShards(
  options: Pick<AnalysisShardsOptions, 'threads'> & Partial<AnalysisShardsOptions>,
): Promise<AnalysisShards> {
  return AnalysisShards.open({ ...SHIPPED, ...options });
}

let shared: Promise<Models> | undefined;

/** The shipped bundle, opened once per process. All test files of the process share it: nobody may close or break it. */
export function sharedModels(): Promise<Models> {
  shared ??= openShippedModels();
  return shared;
}

const shards = new Map<number, Promise<AnalysisShards>>();

/** Analysis threads, opened once per process, as {@link sharedModels}. */
export function sharedShards(threads: number): Promise<AnalysisShards> {
  const opened = shards.get(threads) ?? openShippedShards({ threads });
  shards.set(threads, opened);
  return opened;
}

export interface RealServer extends UndertoneServer {
  /** `ws://…` of the server. */
  readonly socketUrl: string;
  /** All lines that the server logged. */
  readonly logLines: readonly string[];
}

/**
 * Starts the server as users run it, on a free port: with real sockets, and the pipeline in {@link sharedShards}, one by
 * default. With a clock of its own, the pipeline runs in this thread: the threads have the system's clock only.
 */
export async function startRealServer(
  options: { config?: Partial<Config> } & Partial<Pick<CreateServerOptions, 'clock' | 'dashboard' | 'mediasoup'>> = {},
): Promise<RealServer> {
  const { config, ...rest } = options;
  const logLines: string[] = [];
  const models = await (rest.clock === undefined ? sharedShards(config?.analysisThreads ?? 1) : sharedModels());
  const server = createServer({
    config: { ...configSchema.parse({}), port: 0, ...PATIENT, ...config },
    models,
    logger: pino({ level: 'debug' }, { write: (line: string) => logLines.push(line) }),
    ...rest,
  });
  await server.listen();
  return {
    sessions: server.sessions,
    url: server.url,
    socketUrl: server.url.replace('http', 'ws'),
    logLines,
    routes: server.routes,
    historyOutage: server.historyOutage,
    get webRtcPort() {
      return server.webRtcPort;
    },
    listen: () => server.listen(),
    close: () => server.close(),
  };
}
