/** Longest frame, in bytes, and longest packet, in units of 2.5 ms (RFC 6716, 3.2). */
const MAX_FRAME_BYTES = 1275;
const MAX_UNITS = 48;

/** Length of a frame in units of 2.5 ms, by the configuration in the first byte. */
function unitsOf(configuration: number): number {
  if (configuration < 12) return [4, 8, 16, 24][configuration % 4]!;
  if (configuration < 16) return [4, 8][configuration % 2]!;
  return [1, 2, 4, 8][configuration % 4]!;
}

/** Whether the bytes form a valid Opus packet by rules R1 to R7 of RFC 6716. */
export function isOpusPacket(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  const units = unitsOf(bytes[0]! >> 3);
  const body = bytes.subarray(1);
  switch (bytes[0]! & 3) {
    case 0:
      return body.length <= MAX_FRAME_BYTES;
    case 1:
      return body.length % 2 === 0 && body.length / 2 <= MAX_FRAME_BYTES && 2 * units <= MAX_UNITS;
    case 2: {
      const first = readLength(body, 0);
      if (first === null || 2 * units > MAX_UNITS) return false;
      const rest = body.length - first.next - first.length;
      return rest >= 0 && rest <= MAX_FRAME_BYTES;
    }
    default:
      return hasManyFrames(body, units);
  }
}

function hasManyFrames(body: Uint8Array, units: number): boolean {
  if (body.length === 0) return false;
  const [isVariable, hasPadding, count] = [(body[0]! & 0x80) !== 0, (body[0]! & 0x40) !== 0, body[0]! & 0x3f];
  if (count === 0 || count * units > MAX_UNITS) return false;
  let at = 1;
  let padding = 0;
  for (let more = hasPadding; more; at += 1) {
    if (at >= body.length) return false;
    more = body[at] === 255;
    padding += more ? 254 : body[at]!;
  }
  let left = body.length - at - padding;
  if (!isVariable) return left >= 0 && left % count === 0 && left / count <= MAX_FRAME_BYTES;
  for (let frame = 0; frame < count - 1; frame += 1) {
    const length = readLength(body, at);
    if (length === null) return false;
    left -= length.next - at + length.length;
    at = length.next;
  }
  return left >= 0 && left <= MAX_FRAME_BYTES;
}

function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly next: number } | null {
  if (at >= bytes.length) return null;
  const first = bytes[at]!;
  if (first < 252) return { length: first, next: at + 1 };
  return at + 1 < bytes.length ? { length: 4 * bytes[at + 1]! + first, next: at + 2 } : null;
}
