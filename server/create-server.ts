import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Models, SpeakerModel } from '../models/index.ts';
import { type Clock, systemClock } from '../pipeline/index.ts';
import { AccessControl } from './access/access-control.ts';
import { createOriginPolicy } from './access/origin-policy.ts';
import type { StatedRoute } from './access/route-access.ts';
import { Admission } from './admission.ts';
import { AnalysisShards } from './analysis/analysis-shards.ts';
import type { Config } from './config/config-schema.ts';
import { HistoryError } from './history/history-error.ts';
import type { HistoryStore } from './history/history-store.ts';
import { ServerHistory } from './history/server-history.ts';
import { StoredLogs } from './history/stored-logs.ts';
import { createHttp } from './http/create-http.ts';
import type { Dashboard } from './http/dashboard.ts';
import { takeTurnsAtReads } from './http/fair-reads.ts';
import { admitSockets } from './http/upgrade.ts';
import { LoadWatch } from './ingest/admission/load-watch.ts';
import { openIngest } from './ingest/open-ingest.ts';
import { openPictures } from './ingest/pictures/open-pictures.ts';
import type { Mediasoup } from './ingest/webrtc/mediasoup/mediasoup-types.ts';
import { LifeCycle } from './life-cycle.ts';
import { clientAddresses } from './limits/client-address.ts';
import { ConnectionGuard } from './limits/connection-guard.ts';
import { ExportPace } from './limits/export-pace.ts';
import { LimitLog } from './limits/limit-log.ts';
import { ReadPace } from './limits/read-pace.ts';
import { urlOf } from './listen.ts';
import { watchMemory } from './memory/watch-memory.ts';
import { createMetrics } from './observability/metrics.ts';
import { Readiness } from './observability/readiness.ts';
import { SessionReports } from './observability/session-reports.ts';
import { partSettings } from './part-settings.ts';
import { projectLoad } from './project-load.ts';
import { analysisOfMixes } from './sessions/analysis-of-mixes.ts';
import { openSessions } from './sessions/open-sessions.ts';
import { type PipelineAnalysisOptions, pipelineAnalysis } from './sessions/pipeline-analysis.ts';
import type { Analyze } from './sessions/session.ts';
import type { SessionPlace, SessionRegistry } from './sessions/session-registry.ts';
import { shardAnalysis } from './sessions/shard-analysis.ts';
import { ThreadTurns } from './sessions/thread-turns.ts';
import { EventReaders } from './subscribers/event-readers.ts';

export interface CreateServerOptions {
  readonly config: Config;
  /**
   * The threads that analyze, with their models; or models, with which this thread analyzes. Shared by all sessions. The
   * caller closes them after the server.
   */
  readonly models: AnalysisShards | Models;
  readonly logger: Logger;
  /** Number of log lines that the logger's destination did not accept. Default: 0. */
  readonly droppedLogLines?: () => number;
  /** The built dashboard, served at `/`. Default: none. */
  readonly dashboard?: Dashboard;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Tells two voices of a session apart that has one audio track. Default: they are not told apart. */
  readonly speakers?: SpeakerModel;
  /** Where sessions are stored, or why they are not. The server closes it. Default: they are only in memory. */
  readonly history?: HistoryStore | HistoryError;
  /** Called when somebody asks over HTTP that the server drains and stops. Default: it does so. */
  readonly onDrain?: () => void;
  /** How a session's media becomes events, in this thread. Default: the pipeline with `models`. */
  readonly analyze?: Analyze;
  /** The mediasoup package, if the configuration asks for it. Default: the installed one. */
  readonly mediasoup?: Mediasoup;
  /** Starts a thread that decodes pictures. Default: the server's own. */
  readonly startPictureThread?: () => Worker;
}

export interface UndertoneServer {
  /** All sessions. Sources within the process, such as the sample call, open their sessions here. */
  readonly sessions: SessionRegistry;
  /** Address of the server, such as `http://127.0.0.1:7700`. Throws a TypeError before {@link listen}. */
  readonly url: string;
  /** The one UDP port of WebRTC media. Null when WebRTC is off or uses several ports, and before {@link listen}. */
  readonly webRtcPort: number | null;
  /** Why sessions are not stored, as one line for people. Null while they are. */
  readonly historyOutage: string | null;
  /** All routes, with the credential that each requires. */
  readonly routes: readonly StatedRoute[];
  /** @throws ServiceError `port-taken`, `listen-failed`. */
  listen(): Promise<void>;
  /**
   * Stops accepting connections, finishes open utterances, sends their events to subscribers and closes every socket.
   */
  close(): Promise<void>;
}

/** Connections in addition to the long-lived ones, for requests that are answered at once. */
const SPARE_CONNECTIONS = 1000;

const NO_HISTORY = new HistoryError('off', 'this server keeps no history');

/** Builds a server from its parts. Nothing is opened before `listen`. */
export function createServer(options: CreateServerOptions): UndertoneServer {
  const { config, models, logger: log, clock = systemClock } = options;
  const { jitterMs, maxUtteranceMs, heartbeatMs } = config;
  const settings = partSettings(config);
  const shards = models instanceof AnalysisShards ? models : null;
  const limitLog = new LimitLog(log, clock);
  const projection = shards === null ? null : projectLoad(config.maxLoadPercent / 100, clock, () => sessions.liveCount);
  const load = new LoadWatch({
    clock,
    maxLagMs: config.maxLagMs,
    analysisLagMs: () => shards?.lagMs ?? 0,
    projection,
  });
  const readiness = new Readiness({ models, clock, isFull: () => load.isFull });
  const turns = new ThreadTurns({ clock });
  const addresses = clientAddresses(config.trustedProxies);
  const memory = watchMemory({
    clock,
    budgetMib: config.memoryBudgetMib,
    waitingBytes: () => turns.waitingBytes + (shards?.waitingBytes ?? 0),
    ...(shards !== null && { readThreads: () => shards.threads.flatMap(({ state }) => state ?? []) }),
    onStep: (step, reason, amount) => metrics.memoryStep(step, reason, amount),
    log,
    limitLog,
  });
  const metrics = createMetrics({
    liveSessions: () => sessions.liveCount,
    maxSessions: () => Math.min(config.maxSessions, projection?.maxCalls ?? config.maxSessions),
    endedSessions: () => sessions.endedCount,
    openConnections: () => connectionGuard.openCount,
    openSockets: () => gate.openCount,
    openStreams: () => readers.openStreams,
    openWebRtcPublishers: () => ingest.webRtc.whip.openCount,
    openWebRtcListeners: () => ingest.webRtc.whep.openCount,
    openRtmsStreams: () => ingest.zoom?.openCount ?? 0,
    models: () => models.stats(),
    analysisThreads: () => shards?.threads ?? [],
    analysisRestarts: () => shards?.restarts ?? 0,
    isReady: () => readiness.reasons().length === 0,
    memory: memory.budget,
    history: () => history,
    droppedLogLines: options.droppedLogLines ?? (() => 0),
  });
  const history = new ServerHistory({
    ...settings.history,
    store: options.history ?? NO_HISTORY,
    clock,
    meter: metrics,
    log,
  });
  const pictures = openPictures({
    timeoutMs: config.pictureTimeoutMs,
    clock,
    meter: metrics,
    log,
    startThread: options.startPictureThread,
  });
  const reports = new SessionReports({ log, clock, meter: metrics });
  const place = placesOf(options, turns, { pictures, clock, jitterMs, maxUtteranceMs, reports });
  const apart = ({ analyze, ...rest }: SessionPlace): SessionPlace => ({
    ...rest,
    analyze: analysisOfMixes(analyze, { speakers: options.speakers, clock, jitterMs, reports }),
  });
  const sessions = openSessions({
    place: () => apart(place()),
    maxLive: config.maxSessions,
    maxEnded: config.maxEndedSessions,
    isFull: () => load.isFull,
    onRefused(reason) {
      metrics.sessionRefused(reason);
      limitLog.reached(`sessions-${reason}`, 'calls are refused: see undertone_sessions_refused_total');
    },
    maxEvents: config.eventLogEvents,
    maxTracks: config.maxTracksPerSession,
    reconnectGraceMs: config.reconnectGraceMs,
    clock,
    budget: memory.budget,
    keeper: history.keeper,
    readiness,
    reports,
    meter: metrics,
    log,
  });

  const admission = new Admission({
    maxConnections: config.maxConnections,
    openConnections: (): number => readers.openStreams + gate.openCount + ingest.openCount,
  });
  const { refuse } = admission;
  const connectionGuard = new ConnectionGuard({
    clock,
    addresses,
    maxConnections: config.maxConnections + SPARE_CONNECTIONS,
    maxPerAddress: config.maxConnectionsPerAddress,
    requestTimeoutMs: config.requestTimeoutMs,
    onLimit(limit) {
      metrics.connectionLimited(limit);
      limitLog.reached(limit, 'connections are closed at a limit');
    },
  });
  const origins = createOriginPolicy(settings.origins);
  const access = new AccessControl({
    ...settings.access,
    addresses,
    clock,
    log,
    onRefused: (way, reason) => metrics.credentialRefused(way, reason),
  });

  const ingest = openIngest({
    settings: settings.ingest,
    sessions,
    access,
    refuse,
    isBehind: (session) =>
      session.memory.isRefused || ((load.isBehind || load.isTooLate(session.analysisLagMs)) && session.isHeavy),
    longestLagMs: () => load.longestLagMs,
    clock,
    meter: metrics,
    log,
    mediasoup: options.mediasoup,
  });

  const pace = new ReadPace({ clock, addresses });
  const stored = new StoredLogs({ store: () => history.readable, maxEvents: config.eventLogEvents });
  const readers = new EventReaders({
    ...settings.readers,
    sessions,
    stored,
    refuse,
    access,
    pace,
    connectionGuard,
    clock,
    meter: metrics,
    log,
    helloTimeoutMs: config.helloTimeoutMs,
    heartbeatMs,
    maxInFlight: config.subscriberBufferEvents,
    onLimit(limit) {
      metrics.readerLimited(limit);
      limitLog.reached(limit, 'readers are refused at a limit');
    },
  });
  const { app, routes } = createHttp({
    sessions,
    whip: ingest.webRtc.whip,
    whep: ingest.webRtc.whep,
    zoom: ingest.zoom,
    maxOfferBytes: config.maxMessageBytes,
    origins,
    access,
    log,
    createServer: (handler) => connectionGuard.createServer(handler),
    ...(options.dashboard !== undefined && { dashboard: options.dashboard }),
    notReady: () => readiness.reasons(),
    history,
    stored,
    maxEnded: config.maxEndedSessions,
    clock,
    onDrain: () => (options.onDrain === undefined ? void lifeCycle.close() : options.onDrain()),
    exports: new ExportPace({ pace, connectionGuard, clock }),
    metrics: async () => ({ contentType: metrics.contentType, body: await metrics.render() }),
    stream: (wanted, exchange, grant) => readers.stream(wanted, exchange, grant),
  });
  takeTurnsAtReads(app, { turns, pace, clock, addresses });
  const gate = admitSockets(app.server, {
    origins,
    access,
    clock,
    log,
    heartbeatMs,
    refuse,
    claim: (request) => connectionGuard.admitUpgrade(request),
    onOpened: (socket, stream) => memory.sockets.watch(socket, stream),
    routes: [...ingest.routes, readers.route()],
  });

  const lifeCycle = new LifeCycle({
    parts: {
      readiness,
      reports,
      history,
      admission,
      memory,
      load,
      turns,
      sessions,
      pictures,
      webRtc: ingest.webRtc,
      zoom: ingest.zoom,
      readers,
      app,
      gate,
      connectionGuard,
      access,
    },
    host: config.host,
    tcpPort: config.port,
    drainGraceMs: config.drainGraceMs,
    shutdownGraceMs: config.shutdownGraceMs,
    clock,
  });
  let address: AddressInfo | null = null;
  return {
    sessions,
    get routes() {
      return [...routes, ...gate.routes];
    },
    get url() {
      if (address === null) throw new TypeError('the server does not listen');
      return urlOf(address);
    },
    get webRtcPort() {
      return ingest.webRtc.udpPort;
    },
    get historyOutage() {
      return history.outage;
    },
    async listen() {
      address = await lifeCycle.start();
    },
    close: () => lifeCycle.close(),
  };
}

function placesOf(
  { models, analyze }: CreateServerOptions,
  turns: ThreadTurns,
  options: Omit<PipelineAnalysisOptions, 'models'>,
): () => SessionPlace {
  if (analyze !== undefined) return () => ({ analyze, turns });
  if (models instanceof AnalysisShards) return shardAnalysis(models, options);
  const here = { analyze: pipelineAnalysis({ ...options, models }), turns };
  return () => here;
}
