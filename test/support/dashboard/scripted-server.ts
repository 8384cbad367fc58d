import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { EmotionEvent, Participant, SessionSummary } from '../../../client-sdk/protocol/index.ts';
import {
  PUBLISH_SUBPROTOCOL,
  SUBSCRIBE_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
} from '../../../client-sdk/protocol/index.ts';
import { buildDashboard, DASHBOARD_CONTENT_SECURITY_POLICY } from '../../../server/dashboard/build.ts';
import { ParticipantStates } from '../../../server/sessions/participant-states.ts';

/** A session of the scripted server. {@link ScriptedServer.append} adds events to it. */
export interface ScriptedSession {
  readonly sessionId: string;
  readonly events: EmotionEvent[];
}

export interface ScriptedServer {
  readonly url: string;
  append(sessionId: string, ...events: EmotionEvent[]): void;
  /** What publishers sent: their control messages, and the number of binary packets. */
  readonly published: { readonly messages: unknown[]; packetCount: number };
  /** While true, the server refuses everything, as if it had stopped. */
  isDown: boolean;
  close(): Promise<void>;
}

/** Serves the dashboard and a fixed set of sessions over the real protocol, without any analysis. */
export async function startScriptedServer(options: {
  readonly sessions: readonly ScriptedSession[];
  readonly token?: string;
  readonly port?: number;
  /** Why it stores no sessions. Default: it does. */
  readonly historyOutage?: string;
  /** Files in addition to the dashboard's, by path, with the same content security policy. */
  readonly pages?: Readonly<Record<string, { readonly contentType: string; readonly body: string }>>;
}): Promise<ScriptedServer> {
  const files = new Map<string, { contentType: string; body: string | Uint8Array }>([
    ...(await buildDashboard()),
    ...Object.entries(options.pages ?? {}),
  ]);
  const sessions = new Map(options.sessions.map((session) => [session.sessionId, session]));
  const subscribers = new Map<WebSocket, string>();
  const published = { messages: [] as unknown[], packetCount: 0 };
  const state = { isDown: false };

  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    if (state.isDown) {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const file = files.get(url.pathname);
    if (file !== undefined) {
      response.setHeader('content-security-policy', DASHBOARD_CONTENT_SECURITY_POLICY);
      response.setHeader('content-type', file.contentType);
      response.end(file.body);
      return;
    }
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (url.pathname === '/readyz') {
      const { historyOutage: history } = options;
      send(200, { status: 'ready', ...(history !== undefined && { history }) });
      return;
    }
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      send(401, { error: { code: 'unauthorized', message: 'A token is needed.' } });
      return;
    }
    const [, , , id, part] = url.pathname.split('/');
    const session = sessions.get(id ?? '');
    if (url.pathname === '/v1/sessions') send(200, { sessions: [...sessions.values()].map(summarize) });
    else if (session === undefined) send(404, { error: { code: 'unknown-session', message: 'No such session.' } });
    else if (part === undefined) send(200, summarize(session));
    else {
      const after = Number(url.searchParams.get('after') ?? 0);
      const events = session.events.filter((event) => event.sequence > after);
      send(200, { events, nextAfter: session.events.at(-1)?.sequence ?? after });
    }
  };

  const server = createServer(respond);
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (offered) => [...offered].find((name) => !name.startsWith(TOKEN_SUBPROTOCOL_PREFIX)) ?? false,
  });
  sockets.on('connection', (socket) => {
    if (state.isDown) socket.terminate();
    if (socket.protocol === PUBLISH_SUBPROTOCOL) servePublisher(socket, sessions, published);
    if (socket.protocol !== SUBSCRIBE_SUBPROTOCOL) return;
    socket.on('message', (data) => {
      const { sessionId, afterSequence = 0 } = JSON.parse(String(data)) as {
        sessionId: string;
        afterSequence?: number;
      };
      const session = sessions.get(sessionId);
      if (session === undefined) {
        socket.close(4404);
        return;
      }
      for (const event of session.events) if (event.sequence > afterSequence) socket.send(JSON.stringify(event));
      if (session.events.at(-1)?.type === 'session.ended') socket.close(1000);
      else subscribers.set(socket, sessionId);
    });
    socket.on('close', () => subscribers.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    published,
    get isDown() {
      return state.isDown;
    },
    set isDown(isDown) {
      state.isDown = isDown;
      if (isDown) for (const socket of sockets.clients) socket.terminate();
    },
    append(sessionId, ...events) {
      sessions.get(sessionId)?.events.push(...events);
      for (const [socket, subscribed] of subscribers) {
        if (subscribed === sessionId) for (const event of events) socket.send(JSON.stringify(event));
      }
    },
    close: () => closeAll(server, sockets),
  };
}

function servePublisher(
  socket: WebSocket,
  sessions: Map<string, ScriptedSession>,
  published: { messages: unknown[]; packetCount: number },
): void {
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      published.packetCount += 1;
      return;
    }
    const message = JSON.parse(String(data)) as { type: string; track?: number; title?: string };
    published.messages.push(message);
    const sessionId = 'from-browser';
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    if (message.type === 'session.start') {
      const startedAt = new Date().toISOString();
      const envelope = { sessionId, sequence: 1, mediaTimeMs: 0, traceparent };
      const title = message.title ?? null;
      sessions.set(sessionId, {
        sessionId,
        events: [{ ...envelope, type: 'session.started', startedAt, title, modelId: 'undertone-mini@0.1.0' }],
      });
      const limits = { maxPacketBytes: 1_048_576, maxMessageBytes: 65_536, maxTracks: 16, jitterMs: 500 };
      socket.send(JSON.stringify({ type: 'session.ready', sessionId, traceparent, limits }));
    }
    if (message.type === 'track.add') socket.send(JSON.stringify({ type: 'track.ready', track: message.track }));
    if (message.type === 'session.end') socket.close(1000);
  });
}

function summarize({ sessionId, events }: ScriptedSession): SessionSummary {
  const states = new ParticipantStates();
  for (const event of events) states.take(event);
  const started = events.find((event) => event.type === 'session.started');
  const ended = events.find((event) => event.type === 'session.ended');
  const participants = new Map<string, Participant>();
  const utterances = new Set<string>();
  for (const event of events) {
    if (!('utteranceId' in event)) continue;
    participants.set(event.participant.id, event.participant);
    if (event.type !== 'utterance.started') utterances.add(event.utteranceId);
  }
  const startedAt = started?.startedAt ?? new Date(0).toISOString();
  return {
    sessionId,
    title: started?.title ?? null,
    state: ended === undefined ? 'live' : 'ended',
    startedAt,
    endedAt: ended === undefined ? null : new Date(Date.parse(startedAt) + ended.durationMs).toISOString(),
    endReason: ended?.reason ?? null,
    participants: [...participants.values()],
    utteranceCount: utterances.size,
    lastSequence: events.at(-1)?.sequence ?? 0,
    mediaTimeMs: events.at(-1)?.mediaTimeMs ?? 0,
    states: states.list(),
  };
}

async function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
