import { createHmac, timingSafeEqual } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { longTermKey } from '../../../server/commands/doctor/probes/turn-message.ts';
import {
  attribute,
  HEADER_BYTES,
  MAGIC_COOKIE,
  MESSAGE_INTEGRITY,
  messageHmac,
  USERNAME,
} from '../../../server/ingest/webrtc/ice/stun-message.ts';

export interface TurnPeerOptions {
  /** Shared secret of the TURN REST API. Null: relays for anybody. */
  readonly secret?: string | null;
  /** Answers every authorized Allocate with this error. */
  readonly refusal?: number;
  /** Refuses the first nonce as stale. */
  readonly staleNonce?: boolean;
  /** Never answers. */
  readonly silent?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface TurnPeer {
  readonly port: number;
  /** Relays that were allocated and not released. */
  readonly relays: Set<string>;
  /** User names that clients presented. */
  readonly usernames: string[];
  close(): Promise<void>;
}

const REALM = 'example.org';
const [ERROR_CODE, REALM_TYPE, NONCE_TYPE, LIFETIME] = [0x0009, 0x0014, 0x0015, 0x000d];

/** A STUN and TURN server on one port of 127.0.0.1 (UDP and TCP, or TLS). It does not relay any data. */
export async function startTurnPeer(options: TurnPeerOptions = {}): Promise<TurnPeer> {
  const { secret = null, refusal, staleNonce = false, silent = false, tls } = options;
  const relays = new Set<string>();
  const usernames: string[] = [];
  let nonce = staleNonce ? 'first' : 'second';

  const answer = (request: Buffer, from: string): Buffer | null => {
    if (silent) return null;
    const method = request.readUInt16BE(0);
    const { username, integrityAt, lifetime } = read(request);
    if (username !== null) usernames.push(username);
    if (method === 0x0001) return respond(request, 0x0101);
    if (secret !== null) {
      const fault = username === null ? 401 : isAuthentic(request, secret, username, integrityAt) ? null : 401;
      if (fault !== null) return respond(request, method | 0x0110, challenge(fault, nonce));
      if (nonce === 'first') {
        nonce = 'second';
        return respond(request, method | 0x0110, challenge(438, nonce));
      }
    }
    if (method === 0x0004) {
      if (lifetime === 0) relays.delete(from);
      return respond(request, 0x0104);
    }
    if (refusal !== undefined) return respond(request, 0x0113, challenge(refusal, nonce));
    relays.add(from);
    return respond(request, 0x0103);
  };

  const onConnection = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const response = answer(bytes, `${socket.remotePort}`);
      // Send it in two parts: a stream does not keep messages whole.
      if (response !== null) {
        socket.write(response.subarray(0, 11));
        setImmediate(() => socket.write(response.subarray(11)));
      }
    });
  };
  const server: Server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const datagrams = createSocket('udp4');
  datagrams.on('message', (bytes, from) => {
    const response = answer(bytes, `${from.port}`);
    if (response !== null) datagrams.send(response, from.port, from.address);
  });
  datagrams.bind(port, '127.0.0.1');
  await once(datagrams, 'listening');
  return {
    port,
    relays,
    usernames,
    async close() {
      datagrams.close();
      server.close();
    },
  };
}

function read(request: Buffer) {
  const found = { username: null as string | null, integrityAt: -1, lifetime: null as number | null };
  for (let at = HEADER_BYTES; at + 4 <= request.length; ) {
    const [type, length] = [request.readUInt16BE(at), request.readUInt16BE(at + 2)];
    if (type === USERNAME) found.username = request.toString('utf8', at + 4, at + 4 + length);
    if (type === MESSAGE_INTEGRITY) found.integrityAt = at;
    if (type === LIFETIME) found.lifetime = request.readUInt32BE(at + 4);
    at += 4 + length + (-length & 3);
  }
  return found;
}

/**
 * The check of coturn's `use-auth-secret`: the user name contains the expiry time, and the secret gives its password.
 */
function isAuthentic(request: Buffer, secret: string, username: string, integrityAt: number): boolean {
  if (integrityAt < 0 || Number(username.split(':')[0]) < Date.now() / 1000) return false;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  const key = longTermKey({ username, credential, realm: REALM });
  const given = request.subarray(integrityAt + 4, integrityAt + 24);
  return timingSafeEqual(messageHmac(request.subarray(0, integrityAt), key), given);
}

function challenge(code: number, nonce: string): Buffer {
  const error = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
  return Buffer.concat([
    attribute(ERROR_CODE, error),
    attribute(REALM_TYPE, Buffer.from(REALM)),
    attribute(NONCE_TYPE, Buffer.from(nonce)),
  ]);
}

function respond(request: Buffer, type: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  request.copy(header, 8, 8, HEADER_BYTES);
  return Buffer.concat([header, body]);
}
