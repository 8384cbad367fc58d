import { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  ProtocolError,
  parseJson,
  type RefusalCode,
} from '../../../client-sdk/protocol/index.ts';
import { accessTo } from '../../outgoing/outgoing-access.ts';
import {
  type SourceContext,
  type SourceDescription,
  type SourceHandler,
  type SourceLimits,
  SourceSocket,
} from '../sockets/source-socket.ts';
import { keepAliveResponse, parseRtmsMessage, type RtmsMessage } from './rtms-message.ts';

export interface RtmsSocketOptions extends SourceContext {
  readonly url: string;
  readonly sessionId: string;
  /** Allowed servers. */
  readonly servers: readonly string[];
  readonly limits: SourceLimits;
  /** Sent as soon as the connection is open. */
  readonly greeting: object;
  readonly onMessage: (message: RtmsMessage) => void;
  /** Called for each bad message. */
  readonly onDropped: (reason: RefusalCode) => void;
  /** Called once when the connection is lost or could not be made. Not called after {@link RtmsSocket.close}. */
  readonly onLost: () => void;
}

/** Largest message of RTMS, in bytes: a picture of a few hundred KB in base64. */
export const MAX_RTMS_MESSAGE_BYTES = 2 * 1024 * 1024;
/** A connection that is silent for this long is dead, in ms. Zoom sends a keep-alive every 10 s. */
const SILENCE_MS = 65_000;
/** If Zoom reports a connection as broken, this much silence confirms it, in ms. */
const MISSED_KEEP_ALIVE_MS = 15_000;

/** One outgoing connection to a Zoom server, signaling or media: opened, limited and kept alive. */
export class RtmsSocket implements SourceHandler {
  readonly #options: RtmsSocketOptions;
  readonly #socket: SourceSocket;
  #heardMs: number;
  #isOurs = false;

  /** @throws ProtocolError if the address is not allowed. */
  constructor(options: RtmsSocketOptions) {
    const { url, servers, limits, greeting } = options;
    const access = accessTo(url, servers);
    if (!access.allowed) throw ProtocolError.invalidField('server_urls', 'a server that the configuration allows');
    this.#options = options;
    this.#heardMs = options.clock.now();
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      followRedirects: false,
      rejectUnauthorized: true,
      maxPayload: 2 * MAX_RTMS_MESSAGE_BYTES,
      ...(access.lookup !== undefined && { lookup: access.lookup }),
    });
    socket.once('open', () => this.send(greeting));
    this.#socket = new SourceSocket({
      ...options,
      socket,
      limits: { ...limits, maxMessageBytes: MAX_RTMS_MESSAGE_BYTES, idleTimeoutMs: SILENCE_MS },
      handler: this,
    });
  }

  /** Whether the connection is being made, or a message arrived recently. */
  get isHeard(): boolean {
    return this.#options.clock.now() - this.#heardMs < MISSED_KEEP_ALIVE_MS;
  }

  send(message: object): void {
    if (!this.#socket.closing) this.#socket.send(JSON.stringify(message));
  }

  /** The handshake is done. From now on, silence counts. */
  introduced(): void {
    this.#socket.introduced();
  }

  /** Closes without calling {@link RtmsSocketOptions.onLost}. */
  close(): void {
    this.#isOurs = true;
    this.#socket.close(1000, '');
  }

  get about(): SourceDescription {
    return { source: 'zoom', sessionId: this.#options.sessionId };
  }

  onDropped(reason: RefusalCode): void {
    this.#options.onDropped(reason);
  }

  onMessage(bytes: Buffer, isBinary: boolean): void {
    if (isBinary) throw new ProtocolError('not-json', 'Only text messages are accepted from RTMS.');
    const message = parseRtmsMessage(parseJson(bytes.toString('utf8')));
    this.#heardMs = this.#options.clock.now();
    if (message.kind === 'keep-alive') this.send(keepAliveResponse(message.timestamp));
    else if (message.kind === 'unknown') this.#socket.ignore(`msg_type.${message.type}`);
    else this.#options.onMessage(message);
  }

  onTrouble(reason: CloseReason): void {
    this.#socket.close(CLOSE_CODES[reason].code, reason);
  }

  onGone(): void {
    if (!this.#isOurs) this.#options.onLost();
  }
}
