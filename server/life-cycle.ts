import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../pipeline/index.ts';
import type { AccessControl } from './access/access-control.ts';
import type { Admission } from './admission.ts';
import type { ServerHistory } from './history/server-history.ts';
import type { SocketGate } from './http/upgrade.ts';
import type { LoadWatch } from './ingest/admission/load-watch.ts';
import type { PicturePool } from './ingest/pictures/picture-pool.ts';
import type { WebRtcEndpoints } from './ingest/webrtc/webrtc-endpoints.ts';
import type { ZoomEndpoint } from './ingest/zoom/zoom-endpoint.ts';
import type { ConnectionGuard } from './limits/connection-guard.ts';
import { listen } from './listen.ts';
import type { MemoryWatch } from './memory/watch-memory.ts';
import type { Readiness } from './observability/readiness.ts';
import type { SessionReports } from './observability/session-reports.ts';
import { installLastGuard } from './peer-guard.ts';
import type { SessionRegistry } from './sessions/session-registry.ts';
import type { ThreadTurns } from './sessions/thread-turns.ts';
import type { EventReaders } from './subscribers/event-readers.ts';

/** The parts of a server that start or stop. */
export interface ServerParts {
  readonly readiness: Readiness;
  readonly reports: SessionReports;
  readonly history: ServerHistory;
  readonly admission: Admission;
  readonly memory: MemoryWatch;
  readonly load: LoadWatch;
  readonly turns: ThreadTurns;
  readonly sessions: SessionRegistry;
  readonly pictures: PicturePool;
  readonly webRtc: WebRtcEndpoints;
  readonly zoom: ZoomEndpoint | null;
  readonly readers: EventReaders;
  readonly app: FastifyInstance;
  readonly gate: SocketGate;
  readonly connectionGuard: ConnectionGuard;
  readonly access: AccessControl;
}

export interface LifeCycleOptions {
  readonly parts: ServerParts;
  readonly host: string;
  /** TCP port. 0 lets the system choose. Undefined: the default port, or the next free one. */
  readonly tcpPort: number | undefined;
  /** Longest time that calls may go on whose sources cannot connect elsewhere, in ms. */
  readonly drainGraceMs: number;
  /** Longest time that the drain then waits for open utterances, in ms. */
  readonly shutdownGraceMs: number;
  readonly clock: Clock;
}

/** Time for sockets to take the sent data when the server stops, in ms. */
const FLUSH_GRACE_MS = 1000;

/** Starts, drains and stops the parts of a server in the right order. */
export class LifeCycle {
  readonly #options: LifeCycleOptions;
  #removeLastGuard = () => {};
  #isClosing = false;

  constructor(options: LifeCycleOptions) {
    this.#options = options;
  }

  /**
   * Opens the sockets, starts the periodic checks, then reports the server as ready.
   *
   * @returns the address that the server listens on.
   * @throws ServiceError `port-taken`, `listen-failed`.
   */
  async start(): Promise<AddressInfo> {
    const { parts, host, tcpPort } = this.#options;
    this.#removeLastGuard = installLastGuard();
    await parts.history.start(parts.sessions);
    const address = await listen(parts.app, host, tcpPort).catch((error: unknown) => {
      parts.history.abandon();
      throw error;
    });
    await parts.webRtc.open(address.port);
    parts.load.start();
    parts.memory.start();
    parts.readiness.enter('serving');
    return address;
  }

  /** Drains, then stops. Further calls do nothing. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await this.#drain();
    await this.#stop();
  }

  /**
   * Refuses new connections and says so at /readyz. Sources that can connect elsewhere are told to. Other calls may go on for
   * a while. Then open utterances are finished, and readers get the last events.
   */
  async #drain(): Promise<void> {
    const { parts, drainGraceMs, shutdownGraceMs } = this.#options;
    parts.admission.drain();
    parts.readiness.enter('closing');
    await parts.sessions.drain(drainGraceMs);
    parts.load.stop();
    parts.memory.budget.stop();
    await parts.sessions.close('shutdown', shutdownGraceMs);
    parts.turns.stop();
    await parts.history.flush(FLUSH_GRACE_MS);
    await parts.readers.drain(FLUSH_GRACE_MS);
  }

  /** Ends the sources, then closes every connection. */
  async #stop(): Promise<void> {
    const { parts, clock } = this.#options;
    await parts.pictures.close();
    await parts.webRtc.close();
    parts.zoom?.close();
    await parts.gate.close('shutdown', FLUSH_GRACE_MS);
    const cut = clock.scheduler.schedule(() => parts.app.server.closeAllConnections(), FLUSH_GRACE_MS);
    await parts.app.close();
    cut.unsubscribe();
    parts.connectionGuard.close();
    parts.access.close();
    parts.reports.close();
    await parts.history.close();
    this.#removeLastGuard();
  }
}
