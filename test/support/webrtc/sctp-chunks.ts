import { crc32c } from 'werift';
import type { SctpChunk } from '../../../server/ingest/webrtc/sctp/sctp-packet.ts';

export const chunkOf = (type: number, value: Buffer, flags = 0): SctpChunk => ({ type, flags, value });

/** Encodes numbers with the given number of bytes each. */
export function numbers(...each: readonly (readonly [value: number, bytes: 1 | 2 | 4])[]): Buffer {
  return Buffer.concat(
    each.map(([value, bytes]) => {
      const number = Buffer.alloc(bytes);
      number.writeUIntBE(value, 0, bytes);
      return number;
    }),
  );
}

export function initChunk({ tsn, tag = 9 }: { readonly tsn: number; readonly tag?: number }): SctpChunk {
  return chunkOf(1, numbers([tag, 4], [131_072, 4], [16, 2], [16, 2], [tsn, 4]));
}

/** One data chunk. It holds a whole message unless its flags say otherwise. */
export function dataChunk(options: {
  readonly tsn: number;
  readonly stream?: number;
  readonly sequence?: number;
  readonly protocol?: number;
  readonly text?: string;
  readonly flags?: number;
}): SctpChunk {
  const { tsn, stream = 0, sequence = 0, protocol = 51, text = 'text', flags = 3 } = options;
  const header = numbers([tsn, 4], [stream, 2], [sequence, 2], [protocol, 4]);
  return chunkOf(0, Buffer.concat([header, Buffer.from(text)]), flags);
}

/** Opens a data channel (RFC 8832). */
export function openChannel(tsn: number, label: string, stream = 0): SctpChunk {
  const open = Buffer.concat([
    Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]),
    numbers([label.length, 2], [0, 2]),
    Buffer.from(label),
  ]);
  return dataChunk({ tsn, stream, protocol: 50, text: open.toString('latin1') });
}

/** The packet with a valid checksum. */
export function withChecksum(packet: Buffer): Buffer {
  const summed = Buffer.from(packet);
  if (summed.length < 12) return summed;
  summed.writeUInt32LE(0, 8);
  summed.writeUInt32LE(crc32c(summed), 8);
  return summed;
}
