import { MAX_MEDIA_TIME_MS, MAX_TRACK } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/** Bytes before the payload of every packet. */
export const MEDIA_PACKET_HEADER_BYTES = 16;

/** First byte of every packet. */
export const MEDIA_PACKET_VERSION = 1;

const MAX_PAYLOAD_BYTES = 0xffff_ffff;
const KIND_AUDIO = 1;
const KIND_VIDEO = 2;

/**
 * One binary WebSocket message of a publisher. Layout, little-endian:
 *
 * | offset | type | field |
 * | --- | --- | --- |
 * | 0 | u8 | version, 1 |
 * | 1 | u8 | kind: 1 audio, 2 video |
 * | 2 | u16 | track |
 * | 4 | u32 | payload length in bytes |
 * | 8 | f64 | media time in ms |
 * | 16 | | payload |
 */
export interface MediaPacket {
  readonly kind: 'audio' | 'video';
  /** 0…65535, as announced by `track.add`. */
  readonly track: number;
  /** Media time of the first sample or of the picture, ms, 0…{@link MAX_MEDIA_TIME_MS}. */
  readonly mediaTimeMs: number;
  /** Samples in the track's encoding, or one whole picture in the track's encoding; at least one byte. */
  readonly payload: Uint8Array;
}

/**
 * Writes a packet into a fresh buffer; the payload is copied.
 *
 * @throws RangeError when a field cannot be represented.
 */
export function encodeMediaPacket(packet: MediaPacket): Uint8Array<ArrayBuffer> {
  const { kind, track, mediaTimeMs, payload } = packet;
  if (!Number.isInteger(track) || track < 0 || track > MAX_TRACK) {
    throw new RangeError(`track must be a whole number from 0 to ${MAX_TRACK}`);
  }
  if (!isMediaTime(mediaTimeMs)) throw new RangeError(`mediaTimeMs must be from 0 to ${MAX_MEDIA_TIME_MS}`);
  if (payload.byteLength === 0 || payload.byteLength > MAX_PAYLOAD_BYTES) {
    throw new RangeError(`payload must have 1 to ${MAX_PAYLOAD_BYTES} bytes`);
  }
  const bytes = new Uint8Array(MEDIA_PACKET_HEADER_BYTES + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, MEDIA_PACKET_VERSION);
  view.setUint8(1, kind === 'audio' ? KIND_AUDIO : KIND_VIDEO);
  view.setUint16(2, track, true);
  view.setUint32(4, payload.byteLength, true);
  view.setFloat64(8, mediaTimeMs, true);
  bytes.set(payload, MEDIA_PACKET_HEADER_BYTES);
  return bytes;
}

/**
 * Reads a packet. The payload is a view into `bytes`, at any alignment: it lives and changes with them.
 *
 * @throws {@link ProtocolError} when `bytes` is not exactly one packet.
 */
export function decodeMediaPacket(bytes: Uint8Array): MediaPacket {
  if (bytes.byteLength < MEDIA_PACKET_HEADER_BYTES) {
    throw new ProtocolError('truncated-packet', `A packet has at least ${MEDIA_PACKET_HEADER_BYTES} bytes.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== MEDIA_PACKET_VERSION) {
    throw new ProtocolError('unsupported-version', `A packet's first byte must be ${MEDIA_PACKET_VERSION}.`);
  }
  const kind = view.getUint8(1);
  if (kind !== KIND_AUDIO && kind !== KIND_VIDEO) {
    throw new ProtocolError('unknown-kind', `A packet's kind must be ${KIND_AUDIO} (audio) or ${KIND_VIDEO} (video).`);
  }
  const payloadBytes = view.getUint32(4, true);
  if (payloadBytes === 0) throw new ProtocolError('empty-payload', 'A packet must have a payload.');
  const restBytes = bytes.byteLength - MEDIA_PACKET_HEADER_BYTES;
  if (restBytes < payloadBytes) {
    throw new ProtocolError('truncated-packet', 'A packet is shorter than its header says.');
  }
  if (restBytes > payloadBytes) {
    throw new ProtocolError('trailing-bytes', 'A packet is longer than its header says.');
  }
  const mediaTimeMs = view.getFloat64(8, true);
  if (!isMediaTime(mediaTimeMs)) {
    throw new ProtocolError('invalid-media-time', `A packet's media time must be from 0 to ${MAX_MEDIA_TIME_MS} ms.`);
  }
  return {
    kind: kind === KIND_AUDIO ? 'audio' : 'video',
    track: view.getUint16(2, true),
    mediaTimeMs,
    payload: new Uint8Array(bytes.buffer, bytes.byteOffset + MEDIA_PACKET_HEADER_BYTES, payloadBytes),
  };
}

function isMediaTime(value: number): boolean {
  return value >= 0 && value <= MAX_MEDIA_TIME_MS;
}
