import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { MEDIA_PACKET_HEADER_BYTES, PUBLISH_SUBPROTOCOL, SUBSCRIBE_SUBPROTOCOL } from '../client-sdk/protocol/index.ts';
import type { Models } from '../models/index.ts';
import { analyzeEmotion, type Clock, type PipelineDrop, systemClock } from '../pipeline/index.ts';
import { AccessControl } from './access/access-control.ts';
import { createOriginPolicy } from './access/origin-policy.ts';
import type { StatedRoute } from './access/route-access.ts';
import { type Config, DEFAULT_PORT } from './config.ts';
import { FanOut } from './event-log/fan-out.ts';
import { createHttp } from './http/create-http.ts';
import type { Dashboard } from './http/dashboard.ts';
import { takeTurnsAtReads } from './http/fair-reads.ts';
import { admitSockets } from './http/upgrade.ts';
import { HolderQuotas } from './ingest/admission/holder-quotas.ts';
import { IngestPort } from './ingest/admission/ingest-port.ts';
import { LoadWatch } from './ingest/admission/load-watch.ts';
import { meetingRoutes } from './ingest/meetings/meeting-routes.ts';
import { openPictures } from './ingest/pictures/open-pictures.ts';
import { telephonyRoutes } from './ingest/telephony/telephony-routes.ts';
import { WhepEndpoint } from './ingest/webrtc/listening/whep-endpoint.ts';
import { openMediasoupMedia } from './ingest/webrtc/mediasoup/mediasoup-media.ts';
import type { Mediasoup } from './ingest/webrtc/mediasoup/mediasoup-types.ts';
import type { WebRtcMedia } from './ingest/webrtc/transport/open-transport.ts';
import { openWebRtcMedia } from './ingest/webrtc/webrtc-media.ts';
import { WhipEndpoint } from './ingest/webrtc/whip-endpoint.ts';
import { PublisherConnection } from './ingest/websocket/publisher-connection.ts';
import { openZoomEndpoint } from './ingest/zoom/open-zoom-endpoint.ts';
import { clientAddresses } from './limits/client-address.ts';
import { ConnectionGuard } from './limits/connection-guard.ts';
import { LimitLog } from './limits/limit-log.ts';
import { ReadPace } from './limits/read-pace.ts';
import { type ReaderLimit, ReaderLimits } from './limits/reader-limits.ts';
import { watchMemory } from './memory/watch-memory.ts';
import { createMetrics } from './observability/metrics.ts';
import { Readiness } from './observability/readiness.ts';
import { installLastGuard } from './peer-guard.ts';
import { ServiceError } from './service-error.ts';
import type { Analyze } from './sessions/session.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import { ThreadTurns } from './sessions/thread-turns.ts';
import { openEventStream } from './subscribers/event-stream.ts';
import { WebSocketSubscriber } from './subscribers/websocket-subscriber.ts';

export interface CreateServerOptions {
  readonly config: Config;
  /** Shared by all sessions; the caller closes them after the server. */
  readonly models: Models;
  readonly logger: Logger;
  /** Lines that the logger's destination did not take. Default: none. */
  readonly droppedLogLines?: () => number;
  /** Built dashboard to serve at `/`. Default: none. */
  readonly dashboard?: Dashboard;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How a session's media becomes events. Default: the pipeline, with `models`. */
  readonly analyze?: Analyze;
  /** The mediasoup package, where the configuration asks for it. Default: the installed one. */
  readonly mediasoup?: Mediasoup;
}

export interface UndertoneServer {
  /** Every session; in-process sources such as the sample call open theirs here. */
  readonly sessions: SessionRegistry;
  /** Where it listens, such as `http://127.0.0.1:7700`. Throws a TypeError before {@link listen}. */
  readonly url: string;
  /** The one UDP port of WebRTC media; null when it is off or has several, and before {@link listen}. */
  readonly webRtcPort: number | null;
  /** Every address, with what it asks of a request. */
  readonly routes: readonly StatedRoute[];
  /** @throws ServiceError `port-taken`, `listen-failed`. */
  listen(): Promise<void>;
  /** Stops accepting, finishes utterances in flight, lets subscribers read them, closes every socket. */
  close(): Promise<void>;
}

/** Ports tried when none is given. */
const PORT_TRIES = 100;

/** Largest message of a subscriber, in bytes. */
const MAX_SUBSCRIBE_BYTES = 4096;

/** Connections beyond those that stay open, for requests that are answered at once. */
const SPARE_CONNECTIONS = 1000;

/** Time sockets have at a shutdown to take what was sent, in ms. */
const FLUSH_GRACE_MS = 1000;

/** Wires a server of its parts. Nothing is opened before `listen`. */
export function createServer(options: CreateServerOptions): UndertoneServer {
  const { config, models, logger: log, clock = systemClock } = options;
  const { jitterMs, maxUtteranceMs, heartbeatMs, subscriberBufferEvents: maxInFlight } = config;
  const analyze: Analyze =
    options.analyze ??
    ((analysis) => {
      const onDrop = (drop: PipelineDrop) => metrics.pipelineDropped(drop);
      const own = models.forSession(analysis.session.sessionId);
      const decodeImage = pictures.openSession(analysis.session.sessionId);
      return analyzeEmotion({ ...analysis, models: own, decodeImage, clock, jitterMs, maxUtteranceMs, onDrop });
    });
  let state: 'starting' | 'ready' | 'closing' = 'starting';
  const readiness = new Readiness({ models, clock });
  let openStreams = 0;
  let address: AddressInfo | null = null;
  let webRtc: WebRtcMedia | null = null;
  let removeLastGuard = () => {};

  const turns = new ThreadTurns({ clock });
  const memory = watchMemory({
    clock,
    budgetMib: config.memoryBudgetMib,
    waitingBytes: () => turns.waitingBytes,
    onStep: (step, reason, amount) => metrics.memoryStep(step, reason, amount),
    log,
    limitLog: () => limitLog,
  });
  const sessions = new SessionRegistry({
    maxLive: config.maxSessions,
    maxEnded: config.maxEndedSessions,
    session: {
      analyze,
      clock,
      maxEvents: config.eventLogEvents,
      maxTracks: config.maxTracksPerSession,
      reconnectGraceMs: config.reconnectGraceMs,
      turns,
      budget: memory.budget,
      onOverflow: (reason) => metrics.pipelineDropped({ reason: `intake-${reason}`, count: 1 }),
      onEvent(event) {
        metrics.event(event);
        readiness.event(event);
      },
      onFailure: (error, sessionId) => log.error({ err: error, sessionId }, 'the analysis of a session broke off'),
    },
    onOpened: (session) => log.info({ sessionId: session.id }, 'session opened'),
    onEnded(session, reason) {
      metrics.sessionEnded(reason);
      log.info({ sessionId: session.id, reason, events: session.events.lastSequence }, 'session ended');
    },
  });
  const metrics = createMetrics({
    liveSessions: () => sessions.liveCount,
    endedSessions: () => sessions.endedCount,
    openConnections: () => connectionGuard.openCount,
    openSockets: () => gate.openCount,
    openStreams: () => openStreams,
    openWebRtcPublishers: () => whip.openCount,
    openWebRtcListeners: () => whep.openCount,
    openRtmsStreams: () => zoom?.openCount ?? 0,
    models: () => models.stats(),
    isReady: () => readiness.reasons().length === 0,
    memory: memory.budget,
    droppedLogLines: options.droppedLogLines ?? (() => 0),
  });
  const addresses = clientAddresses(config.trustedProxies);
  const limitLog = new LimitLog(log, clock);
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
  const fanOut = new FanOut({ clock });
  const onReaderLimit = (limit: ReaderLimit): void => {
    metrics.readerLimited(limit);
    limitLog.reached(limit, 'readers are refused at a limit');
  };
  const readers = new ReaderLimits({
    maxReaders: config.maxReaders ?? Math.max(1, Math.floor(0.75 * config.maxConnections)),
    maxPerSession: config.maxReadersPerSession,
    maxPerHolder: config.maxReadersPerToken,
    onLimit: onReaderLimit,
  });
  const pace = new ReadPace({ clock, addresses });
  const pictures = openPictures({ config, clock, meter: metrics, log });
  const load = new LoadWatch(clock);
  const { maxLeadMs } = config;
  const quotas = new HolderQuotas({ limits: config, clock, onRefused: (quota) => metrics.quotaRefused(quota) });
  const port = new IngestPort({
    sessions,
    quotas,
    jitterMs,
    maxLeadMs,
    isBehind: (session) => session.memory.isRefused || (load.isBehind && turns.isHeavy(session.id)),
  });
  const origins = createOriginPolicy({ ...config, hasToken: config.token !== undefined });
  const access = new AccessControl({
    config,
    addresses,
    clock,
    log,
    onRefused: (way, reason) => metrics.credentialRefused(way, reason),
  });
  const onDropped = (count: number) => metrics.subscriberDropped(count);

  const connections = () => openStreams + gate.openCount + whip.openCount + whep.openCount + (zoom?.openCount ?? 0);
  const isFull = () => connections() >= config.maxConnections;
  const refuse = () => (state === 'closing' ? 'shutdown' : isFull() ? 'overloaded' : null);
  const whip = new WhipEndpoint({
    ...config,
    port,
    transports: () => webRtc,
    refuse,
    limits: config,
    clock,
    meter: metrics,
    log,
  });
  const whep = new WhepEndpoint({
    ...config,
    isSupported: config.webrtc === 'mediasoup',
    isLive: (sessionId) => sessions.get(sessionId)?.ending === false,
    find: (sessionId, participantId) => whip.find(sessionId, participantId),
    refuse,
    clock,
    meter: metrics,
    log,
  });
  const zoom = openZoomEndpoint({ config, port, refuse, clock, meter: metrics, log });
  const { app, routes } = createHttp({
    sessions,
    whip,
    whep,
    zoom,
    maxOfferBytes: config.maxMessageBytes,
    origins,
    access,
    log,
    createServer: (handler) => connectionGuard.createServer(handler),
    ...(options.dashboard !== undefined && { dashboard: options.dashboard }),
    notReady: () => readiness.reasons(),
    metrics: async () => ({ contentType: metrics.contentType, body: await metrics.render() }),
    stream(session, after, { response, request }, grant) {
      const leave = refuse() === null ? readers.admit(session.id, grant) : null;
      if (leave === null) return false;
      openStreams += 1;
      connectionGuard.keepOpen(response.socket);
      response.once('close', () => {
        openStreams -= 1;
        leave();
      });
      const context = { fanOut, clock, heartbeatMs, maxInFlight, onCatchUp: pace.catchUp(request), onDropped };
      openEventStream({ response, log: session.events, after, ...context });
      return true;
    },
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
    routes: [
      {
        path: '/v1/publish',
        subprotocol: PUBLISH_SUBPROTOCOL,
        // Twice the limit is still read, so that a packet somewhat too large gets the table's close code.
        maxPayload: 2 * Math.max(config.maxPacketBytes, config.maxMessageBytes, MEDIA_PACKET_HEADER_BYTES),
        access: { scope: 'publish' },
        accept(socket, _request, grant) {
          new PublisherConnection({ socket, port, limits: config, grant, clock, meter: metrics, log });
        },
      },
      {
        path: '/v1/subscribe',
        subprotocol: SUBSCRIBE_SUBPROTOCOL,
        maxPayload: MAX_SUBSCRIBE_BYTES,
        access: { scope: 'subscribe' },
        accept(socket, request, grant) {
          const { helloTimeoutMs } = config;
          const admitReader = (sessionId: string) => {
            if (!pace.isFree(request)) {
              onReaderLimit('read-pace');
              return null;
            }
            const leave = readers.admit(sessionId, grant);
            if (leave !== null) access.audit('subscribe', request, grant, sessionId);
            return leave;
          };
          const onFault = (error: unknown) => {
            metrics.peerFaulted('subscriber');
            log.error({ err: error }, 'a message of a subscriber broke something; the subscriber is closed');
          };
          const context = { sessions, fanOut, admitReader, clock, helloTimeoutMs, maxInFlight, onDropped, onFault };
          new WebSocketSubscriber({ socket, grant, ...context, onCatchUp: pace.catchUp(request) });
        },
      },
      ...telephonyRoutes({ config, access, port, clock, meter: metrics, log }),
      ...meetingRoutes({ config, access, port, clock, meter: metrics, log }),
    ],
  });

  const listenOn = async (port: number): Promise<void> => {
    try {
      await app.listen({ host: config.host, port });
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      throw taken
        ? ServiceError.portTaken(config.host, port, error)
        : ServiceError.listenFailed(config.host, port, error);
    }
  };

  const openMedia = async (httpPort: number): Promise<WebRtcMedia | null> => {
    const { host, webrtc, webrtcPort, webrtcAddresses: addresses, maxMessageBytes } = config;
    if (webrtc === 'off') return null;
    if (webrtc === 'mediasoup') {
      const { mediasoup } = options;
      return openMediasoupMedia({ host, port: webrtcPort, addresses, clock, log, ...(mediasoup && { mediasoup }) });
    }
    const onDropped = metrics.datagramDropped;
    const onFault = (error: unknown) => {
      metrics.peerFaulted('webrtc');
      log.error({ err: error }, 'a datagram of an unknown peer broke something; it was dropped');
    };
    const open = (udpPort: number) =>
      openWebRtcMedia({ host, port: udpPort, addresses, maxMessageBytes, clock, onDropped, onFault });
    if (webrtcPort !== undefined) return open(webrtcPort);
    return open(httpPort).catch(() => open(0));
  };

  return {
    sessions,
    get routes() {
      return [...routes, ...gate.routes];
    },
    get url() {
      if (address === null) throw new TypeError('the server does not listen');
      return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    },
    get webRtcPort() {
      return webRtc?.port ?? null;
    },
    async listen() {
      removeLastGuard = installLastGuard();
      if (config.port !== undefined) await listenOn(config.port);
      else await listenOnFreePort(listenOn);
      address = app.server.address() as AddressInfo;
      webRtc = await openMedia(address.port);
      load.start();
      memory.start();
      state = 'ready';
      readiness.enter('serving');
    },
    async close() {
      if (state === 'closing') return;
      state = 'closing';
      readiness.enter('closing');
      load.stop();
      memory.budget.stop();
      await sessions.close('shutdown', config.shutdownGraceMs);
      turns.stop();
      await fanOut.drain(FLUSH_GRACE_MS);
      await pictures.close();
      whep.close();
      whip.close();
      zoom?.close();
      await webRtc?.close();
      await gate.close('shutdown', FLUSH_GRACE_MS);
      const cut = clock.scheduler.schedule(() => app.server.closeAllConnections(), FLUSH_GRACE_MS);
      await app.close();
      cut.unsubscribe();
      connectionGuard.close();
      access.close();
      removeLastGuard();
    },
  };
}

async function listenOnFreePort(listenOn: (port: number) => Promise<void>): Promise<void> {
  for (let port = DEFAULT_PORT; ; port += 1) {
    try {
      return await listenOn(port);
    } catch (error) {
      const taken = error instanceof ServiceError && error.code === 'port-taken';
      if (!taken || port >= DEFAULT_PORT + PORT_TRIES) throw error;
    }
  }
}
