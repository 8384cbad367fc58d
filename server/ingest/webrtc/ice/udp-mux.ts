import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { ServiceError } from '../../../service-error.ts';
import { bindingSuccess, isStun, parseBindingRequest } from './stun-message.ts';

/** The server's side of one peer's ICE. */
export interface IcePeer {
  readonly ufrag: string;
  readonly password: string;
  /** Whether the peer has proved on some path that it knows the password. */
  readonly isReachable: boolean;
  /** Sends on the path that the peer uses. Drops the bytes if there is none yet. */
  send(bytes: Buffer): void;
  /** Sends on this path from now on. The peer decides which of its paths it uses. */
  use(path: Path): void;
  /** Removes the peer. Its datagrams are dropped from now on. */
  close(): void;
}

/** Why a datagram at the port was dropped. */
export type IceDrop =
  /** Not STUN, and from an address that no peer has proved. */
  | 'ice-unknown-address'
  /** STUN, but not an ICE check. */
  | 'ice-malformed'
  /** A check for an unknown peer, or with a wrong signature. */
  | 'ice-unauthentic'
  /** A check from an address that another peer uses. */
  | 'ice-taken-address';

export interface IcePeerHandlers {
  /** A datagram that is not STUN, from an address that the peer has proved. The receiver may keep the bytes. */
  readonly onDatagram: (bytes: Buffer, path: Path) => void;
  /** The peer sent a signed check, so it is alive. */
  readonly onAlive: () => void;
}

export interface UdpMuxOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Monotonic, in ms. */
  readonly now: () => number;
  readonly onDropped: (reason: IceDrop) => void;
  /** Called with an error that a datagram caused before it was assigned to a peer. */
  readonly onFault: (error: unknown) => void;
}

/** An address from which the peer has proved to send. */
export interface Path {
  readonly key: string;
  readonly to: RemoteInfo;
  /** When the peer last sent something authenticated from there, in ms. */
  genuineMs: number;
}

interface Entry extends IcePeerHandlers {
  readonly ufrag: string;
  readonly password: string;
  /** Proved paths by key, oldest first. */
  readonly paths: Map<string, Path>;
  selected: Path | null;
}

/** Paths that are kept per peer. A laptop has a few interfaces and relays. */
const MAX_PATHS = 16;
/** How long a silent peer's address stays reserved, in ms. Browsers send a check every few seconds. */
const KEEP_PATH_MS = 10_000;

/** What the kernel buffers while the event loop is busy, in bytes: about two seconds of a hundred voices. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * All WebRTC peers on one UDP port, as an ICE-lite agent (RFC 8445, 2.5). It answers the peers' checks and sends none
 * itself, so nobody can make it send to an address of their choice. A peer proves its source address with a check
 * signed with the peer's password. Datagrams from that address belong to the peer. Only the peer's own encryption shows
 * that they are genuine.
 */
export class UdpMux {
  readonly #socket: Socket;
  readonly #options: UdpMuxOptions;
  readonly #byUfrag = new Map<string, Entry>();
  readonly #byPath = new Map<string, Entry>();
  #closed = false;

  private constructor(socket: Socket, options: UdpMuxOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (bytes, from) => {
      try {
        this.#onMessage(bytes, from);
      } catch (error) {
        options.onFault(error);
      }
    });
    // Ignores errors of single sends. An unreachable peer is detected by its silence.
    socket.on('error', () => {});
  }

  /**
   * Opens the port.
   *
   * @throws ServiceError `port-taken`, `listen-failed`.
   */
  static async open(options: UdpMuxOptions): Promise<UdpMux> {
    const { host, port } = options;
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
    return new UdpMux(socket, options);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The bound address. */
  get address(): string {
    return this.#socket.address().address;
  }

  get peerCount(): number {
    return this.#byUfrag.size;
  }

  /** Adds a peer. Its credentials appear only in the answer to its offer. */
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
        if (entry.selected !== null) this.#send(bytes, entry.selected.to);
      },
      use: (path) => {
        path.genuineMs = this.#options.now();
        if (entry.paths.has(path.key)) entry.selected = path;
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
    // Nothing can be sent to port 0, so the address is forged.
    if (from.port === 0) return;
    if (isStun(bytes)) {
      this.#onStun(bytes, from);
      return;
    }
    const key = keyOf(from);
    const entry = this.#byPath.get(key);
    const path = entry?.paths.get(key);
    if (entry === undefined || path === undefined) this.#options.onDropped('ice-unknown-address');
    else entry.onDatagram(bytes, path);
  }

  #onStun(bytes: Buffer, from: RemoteInfo): void {
    const { onDropped } = this.#options;
    const request = parseBindingRequest(bytes);
    const entry = request === null ? undefined : this.#byUfrag.get(request.localUfrag);
    if (request === null) {
      onDropped('ice-malformed');
    } else if (entry === undefined || !request.isSignedWith(entry.password)) {
      onDropped('ice-unauthentic');
    } else {
      const path = this.#learnPath(entry, from);
      if (path === null) {
        onDropped('ice-taken-address');
        return;
      }
      if (request.nominates) entry.selected ??= path;
      this.#send(bindingSuccess(request.transactionId, from, entry.password), from);
      entry.onAlive();
    }
  }

  /** Null if another live peer has the address. Otherwise a forged sender address could cut that peer off. */
  #learnPath(entry: Entry, from: RemoteInfo): Path | null {
    const key = keyOf(from);
    const nowMs = this.#options.now();
    const owner = this.#byPath.get(key);
    const known = owner?.paths.get(key);
    if (owner === entry && known !== undefined) {
      known.genuineMs = nowMs;
      return known;
    }
    if (known !== undefined && nowMs - known.genuineMs < KEEP_PATH_MS) return null;
    // The address now belongs to another peer, as happens with relays.
    owner?.paths.delete(key);
    if (owner !== undefined && owner.selected === known) owner.selected = null;
    if (entry.paths.size >= MAX_PATHS) this.#forgetOldest(entry);
    const path: Path = { key, to: from, genuineMs: nowMs };
    entry.paths.set(key, path);
    this.#byPath.set(key, entry);
    return path;
  }

  #forgetOldest(entry: Entry): void {
    for (const [key, path] of entry.paths) {
      if (path === entry.selected) continue;
      entry.paths.delete(key);
      this.#byPath.delete(key);
      return;
    }
  }

  #send(bytes: Buffer, to: RemoteInfo): void {
    if (!this.#closed) this.#socket.send(bytes, to.port, to.address, () => {});
  }
}

function keyOf({ address, port }: RemoteInfo): string {
  return `${address} ${port}`;
}
