import { SrtcpSession, SrtpSession } from 'werift';
import type { SrtpKeys } from '../dtls/key-schedule.ts';
import { ReplayWindow } from '../dtls/replay-window.ts';
import { Unwrapper } from '../rtp/unwrap.ts';

/** Why a packet was dropped. */
export type SrtpDrop =
  /** Too short, or not encrypted. */
  | 'srtp-malformed'
  /** Not encrypted with the peer's keys. */
  | 'srtp-unauthentic'
  /** Received before, or too late to know. */
  | 'srtp-replayed'
  /** The peer uses more sources than it may. */
  | 'srtp-too-many-sources';

/** Sources per peer. A browser has a voice, a camera and its retransmissions. */
const MAX_SOURCES = 32;
/**
 * Packet numbers per source, counted back from the newest, that are checked for replay: some seconds of a camera. Older
 * packets count as replayed.
 */
const RTP_WINDOW = 2048;
const RTCP_WINDOW = 64;
const RTP_HEADER_BYTES = 12;
const RTCP_HEADER_BYTES = 8;
const RTCP_INDEX_BYTES = 4;
const AEAD_TAG_BYTES = 16;
const HMAC_TAG_BYTES = 10;

interface Source {
  readonly sequences: Unwrapper;
  readonly replays: ReplayWindow;
}

/** SRTP and SRTCP with one peer (RFC 3711). werift does the cryptography. This class drops repeated packets. */
export class SrtpTransport {
  readonly #rtp: SrtpSession;
  readonly #rtcp: SrtcpSession;
  readonly #isAead: boolean;
  readonly #sources = new Map<number, Source>();
  readonly #reporters = new Map<number, ReplayWindow>();

  constructor({ profile, client, server }: SrtpKeys) {
    const keys = {
      localMasterKey: server.key,
      localMasterSalt: server.salt,
      remoteMasterKey: client.key,
      remoteMasterSalt: client.salt,
    };
    this.#rtp = new SrtpSession({ keys, profile });
    this.#rtcp = new SrtcpSession({ keys, profile });
    this.#isAead = profile === 7;
  }

  /** Decrypts an RTP packet. */
  openRtp(bytes: Buffer): Buffer | SrtpDrop {
    if (bytes.length < RTP_HEADER_BYTES) return 'srtp-malformed';
    const ssrc = bytes.readUInt32BE(8);
    const known = this.#sources.get(ssrc);
    if (known === undefined && this.#sources.size === MAX_SOURCES) return 'srtp-too-many-sources';
    const sequence = bytes.readUInt16BE(2);
    const index = known === undefined ? sequence : known.sequences.peek(sequence);
    if (index < 0 || known?.replays.isNew(index) === false) return 'srtp-replayed';
    let packet: Buffer;
    try {
      [packet] = this.#rtp.remoteContext.cipher.decryptRtp(bytes, Math.floor(index / 0x10000));
    } catch {
      return 'srtp-unauthentic';
    }
    const source = known ?? { sequences: new Unwrapper(16), replays: new ReplayWindow(RTP_WINDOW) };
    source.sequences.unwrap(sequence);
    source.replays.note(index);
    this.#sources.set(ssrc, source);
    return packet;
  }

  /** Decrypts a compound RTCP packet. */
  openRtcp(bytes: Buffer): Buffer | SrtpDrop {
    const tagBytes = this.#isAead ? AEAD_TAG_BYTES : HMAC_TAG_BYTES;
    if (bytes.length < RTCP_HEADER_BYTES + RTCP_INDEX_BYTES + tagBytes) return 'srtp-malformed';
    const indexAt = bytes.length - RTCP_INDEX_BYTES - (this.#isAead ? 0 : tagBytes);
    const index = bytes.readUInt32BE(indexAt);
    // The first bit marks an encrypted packet.
    if (index < 0x80000000) return 'srtp-malformed';
    const ssrc = bytes.readUInt32BE(4);
    const known = this.#reporters.get(ssrc);
    if (known === undefined && this.#reporters.size === MAX_SOURCES) return 'srtp-too-many-sources';
    if (known?.isNew(index) === false) return 'srtp-replayed';
    let packet: Buffer;
    try {
      packet = this.#rtcp.decrypt(bytes);
    } catch {
      return 'srtp-unauthentic';
    }
    const replays = known ?? new ReplayWindow(RTCP_WINDOW);
    replays.note(index);
    this.#reporters.set(ssrc, replays);
    return packet;
  }

  /** Encrypts a compound RTCP packet. */
  sealRtcp(packet: Buffer): Buffer {
    return this.#rtcp.encrypt(packet);
  }
}
