import type { Logger } from 'pino';
import { config as rxjs } from 'rxjs';
import { ModelError, openSpeakerModel, type SpeakerModel } from '../models/index.ts';
import { systemClock } from '../pipeline/index.ts';
import { AnalysisShards } from './analysis/analysis-shards.ts';
import { nearestVariable } from './config/config-options.ts';
import type { Config } from './config/config-schema.ts';
import { createServer, type UndertoneServer } from './create-server.ts';
import { historyFolder, openHistory } from './history/open-history.ts';
import type { Dashboard } from './http/dashboard.ts';
import { LogSink } from './observability/log-sink.ts';
import { logWarnings } from './observability/log-warnings.ts';
import { createLogger } from './observability/logger.ts';
import { writeStderr } from './observability/write-stderr.ts';
import { ServiceError } from './service-error.ts';
import type { SessionRegistry } from './sessions/session-registry.ts';

export interface ServeOptions {
  readonly config: Config;
  /** Environment variables that look like settings but are none. The server logs a warning about them. */
  readonly unknownVariables: readonly string[];
  readonly stdout: { write(text: string): unknown };
  /** Stops the server. */
  readonly signal: AbortSignal;
}

/** Time to write the last log lines, in ms. */
const LOG_GRACE_MS = 500;

/**
 * Runs a server until `signal` aborts: models, dashboard, sockets, and the sample call if requested. Resolves after the
 * events of the last open utterance.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const sink = new LogSink({ write: writeStderr(), clock: systemClock });
  try {
    await serveLogged(options, sink);
  } finally {
    await sink.close(LOG_GRACE_MS);
  }
}

async function serveLogged(options: ServeOptions, sink: LogSink): Promise<void> {
  const { config, unknownVariables, stdout } = options;
  const drain = new AbortController();
  const signal = AbortSignal.any([options.signal, drain.signal]);
  const log = createLogger(config.logLevel, sink);
  logWarnings(log);
  // Without this handler, an error thrown inside one session's subscription would end the process and every call.
  rxjs.onUnhandledError = (error: unknown) => log.error({ err: error }, 'the analysis of a session threw');
  for (const name of unknownVariables)
    log.warn(
      { variable: name, nearest: nearestVariable(name) },
      'no setting has this name; see undertone serve --help',
    );
  const [models, dashboard] = await Promise.all([loadModels(config, log), buildDashboard()]);
  let speakers: SpeakerModel | null = null;
  try {
    speakers = config.tellVoicesApart ? await loadSpeakers(log) : null;
    const server = createServer({
      config,
      models,
      ...(speakers && { speakers }),
      logger: log,
      droppedLogLines: () => sink.dropped,
      dashboard,
      history: await openHistory(config, systemClock, log),
      onDrain: () => drain.abort(),
    });
    try {
      await server.listen();
      const { id: model, operatingPoint } = models.emotion;
      log.info({ url: server.url, model, operatingPoint, provider: models.provider }, 'listening');
      stdout.write(banner(server, model, models.provider, config));
      const sample = config.sample ? playSample(server.sessions, log, signal) : Promise.resolve();
      await aborted(signal);
      log.info('shutting down');
      await Promise.all([server.close(), sample]);
    } finally {
      await server.close();
    }
  } finally {
    await Promise.all([models.close(), speakers?.close()]);
  }
}

async function loadModels(config: Config, log: Logger): Promise<AnalysisShards> {
  const { modelBundle, operatingPoint, providers } = config;
  try {
    return await AnalysisShards.open({
      threads: config.analysisThreads,
      bundleDirectory: modelBundle,
      ...(operatingPoint !== undefined && { operatingPoint }),
      providers,
      log: (message) => log.warn(message),
    });
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    if (error.code !== 'unknown-operating-point') throw ServiceError.modelsUnavailable(error);
    throw ServiceError.configInvalid(`--operating-point: ${error.message}`, error);
  }
}

async function loadSpeakers(log: Logger): Promise<SpeakerModel> {
  try {
    return await openSpeakerModel({ log: (message) => log.warn(message) });
  } catch (error) {
    throw error instanceof ModelError ? ServiceError.modelsUnavailable(error) : error;
  }
}

async function buildDashboard(): Promise<Dashboard> {
  // Loaded here because it loads a bundler, which the other commands do not need.
  const { buildDashboard: build, DASHBOARD_CONTENT_SECURITY_POLICY } = await import('./dashboard/build.ts');
  return { files: await build(), contentSecurityPolicy: DASHBOARD_CONTENT_SECURITY_POLICY };
}

async function playSample(sessions: SessionRegistry, log: Logger, signal: AbortSignal): Promise<void> {
  try {
    const { startSampleCall } = await import('./sample-call/index.ts');
    await startSampleCall({ sessions, signal });
  } catch (error) {
    log.warn({ err: error }, 'the sample call could not be played');
  }
}

function banner({ url, historyOutage }: UndertoneServer, model: string, provider: string, config: Config): string {
  const lines = [
    '',
    '  Undertone listens to calls and tells how they feel.',
    '',
    `  Dashboard   ${url}/`,
    `  Model       ${model} on ${provider}`,
    `  Access      ${config.token === undefined ? 'anyone who can reach this address' : 'with the token'}`,
    `  History     ${historyOutage === null ? (historyFolder(config) ?? 'only in memory') : `none: ${historyOutage}`}`,
  ];
  if (config.sample) lines.push('  Sample      a bundled call is playing; --no-sample turns it off');
  return `${lines.join('\n')}\n\n  Ctrl-C stops.\n\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
