import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type BatchingOptions, type Models, openModels } from '../../../models/index.ts';
import { type Config, configSchema } from '../../../server/config/config-schema.ts';
import { type CreateServerOptions, createServer, type UndertoneServer } from '../../../server/create-server.ts';
import { PATIENT } from '../server/test-server.ts';

/** Opens the bundle that ships with the server, on the CPU. */
export function openShippedModels(batching: Partial<BatchingOptions> = {}): Promise<Models> {
  return openModels({
    bundleDirectory: fileURLToPath(new URL('../../../models/undertone-mini', import.meta.url)),
    providers: ['cpu'],
    batching,
    log: () => {},
  });
}

let shared: Promise<Models> | undefined;

/** The shipped bundle, opened once per process. All test files of the process share it: nobody may close or break it. */
export function sharedModels(): Promise<Models> {
  shared ??= openShippedModels();
  return shared;
}

export interface RealServer extends UndertoneServer {
  /** `ws://…` of the server. */
  readonly socketUrl: string;
  /** All lines that the server logged. */
  readonly logLines: readonly string[];
}

/** Starts the server as users run it, on a free port: with real sockets, pipeline and the {@link sharedModels}. */
export async function startRealServer(
  options: { config?: Partial<Config> } & Partial<Pick<CreateServerOptions, 'clock' | 'dashboard' | 'mediasoup'>> = {},
): Promise<RealServer> {
  const { config, ...rest } = options;
  const logLines: string[] = [];
  const models = await sharedModels();
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
    get webRtcPort() {
      return server.webRtcPort;
    },
    listen: () => server.listen(),
    close: () => server.close(),
  };
}
