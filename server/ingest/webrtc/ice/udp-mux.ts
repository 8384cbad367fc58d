import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { ServiceError } from '../../../service-error.ts';
import { bindingSuccess, isStun, parseBindingRequest } from './stun-message.ts';

/** The server's half of one peer's ICE. */
export interface IcePeer {
  readonly ufrag: string;
  readonly password: string;
  /** Whether the peer has proved on some path that it knows the password. */
  readonly isReachable: boolean;
  /** Sends on the path that the peer uses; drops what is sent before there is one. */
  send(bytes: Buffer): void;
  /** Forgets the peer: its datagrams are dropped from now on. */
  close(): void;
}

export interface IcePeerHandlers {
  /** A datagram that is not STUN, from an address that the peer has proved. The receiver may keep it. */
  readonly onDatagram: (bytes: Buffer) => void;
  /** The peer showed a sign of life on its path; also called for every datagram. */
  readonly onAlive: () => void;
}

interface Entry extends IcePeerHandlers {
  readonly ufrag: string;
  readonly password: string;
  /** Proved paths, the oldest first. */
  readonly paths: Map<string, RemoteInfo>;
  selected: RemoteInfo | null;
}

/** Paths that are kept of one peer: a laptop has a handful of interfaces, and relays. */
const MAX_PATHS = 16;

/** What the kernel keeps while the event loop is busy, in bytes: about two seconds of some hundred voices. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * All WebRTC peers on one UDP port, as an ICE-lite agent (RFC 8445, 2.5): it answers the peers' checks and sends none
 * of its own, so that nobody can make it send to an address of their choice. A datagram belongs to the peer that
 * proved its source address by a check signed with that peer's password.
 */
export class UdpMux {
  readonly #socket: Socket;
  readonly #byUfrag = new Map<string, Entry>();
  readonly #byPath = new Map<string, Entry>();
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes, from) => this.#onMessage(bytes, from));
    // Errors of single sends; a peer that cannot be reached is found by its silence.
    socket.on('error', () => {});
  }

  /**
   * Opens the port; 0 lets the system choose.
   *
   * @throws ServiceError `port-taken`, `listen-failed`.
   */
  static async open(host: string, port: number): Promise<UdpMux> {
    const type = isIPv6(host) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    const opened = Promise.withResolvers<void>();
    socket.once('listening', opened.resolve);
    socket.once('error', opened.reject);
    socket.bind({ address: host, port });
    try {
      await opened.promise;
    } catch (error) {
      socket.close();
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      throw taken ? ServiceError.portTaken(host, port, error) : ServiceError.listenFailed(host, port, error);
    }
    socket.removeAllListeners('error');
    return new UdpMux(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The address that it is bound to. */
  get address(): string {
    return this.#socket.address().address;
  }

  get peerCount(): number {
    return this.#byUfrag.size;
  }

  /** Takes in a peer, with credentials that only its answer tells. */
  add({ onDatagram, onAlive }: IcePeerHandlers): IcePeer {
    const entry: Entry = {
      ufrag: randomBytes(6).toString('base64'),
      password: randomBytes(18).toString('base64'),
      paths: new Map(),
      selected: null,
      onDatagram,
      onAlive,
    };
    this.#byUfrag.set(entry.ufrag, entry);
    return {
      ufrag: entry.ufrag,
      password: entry.password,
      get isReachable() {
        return entry.selected !== null;
      },
      send: (bytes) => {
        if (entry.selected !== null) this.#send(bytes, entry.selected);
      },
      close: () => {
        this.#byUfrag.delete(entry.ufrag);
        for (const path of entry.paths.keys()) this.#byPath.delete(path);
        entry.paths.clear();
        entry.selected = null;
      },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#byUfrag.clear();
    this.#byPath.clear();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #onMessage(bytes: Buffer, from: RemoteInfo): void {
    if (isStun(bytes)) {
      this.#onStun(bytes, from);
      return;
    }
    const entry = this.#byPath.get(pathOf(from));
    if (entry === undefined) return;
    // The peer decides which of its paths it uses; answers go the same way.
    entry.selected = from;
    entry.onAlive();
    entry.onDatagram(bytes);
  }

  #onStun(bytes: Buffer, from: RemoteInfo): void {
    const request = parseBindingRequest(bytes);
    const entry = request === null ? undefined : this.#byUfrag.get(request.localUfrag);
    if (request === null || entry === undefined || !request.isSignedWith(entry.password)) return;
    this.#learnPath(entry, from);
    if (request.nominates) entry.selected ??= from;
    this.#send(bindingSuccess(request.transactionId, from, entry.password), from);
    entry.onAlive();
  }

  #learnPath(entry: Entry, from: RemoteInfo): void {
    const path = pathOf(from);
    const owner = this.#byPath.get(path);
    if (owner === entry) return;
    // A proof is newer than another: the address was given to somebody else, as relays do.
    owner?.paths.delete(path);
    if (entry.paths.size >= MAX_PATHS) {
      const oldest = entry.paths.keys().next().value!;
      entry.paths.delete(oldest);
      this.#byPath.delete(oldest);
    }
    entry.paths.set(path, from);
    this.#byPath.set(path, entry);
  }

  #send(bytes: Buffer, to: RemoteInfo): void {
    if (!this.#closed) this.#socket.send(bytes, to.port, to.address, () => {});
  }
}

function pathOf({ address, port }: RemoteInfo): string {
  return `${address} ${port}`;
}
