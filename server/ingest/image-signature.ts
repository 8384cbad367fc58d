type CompressedEncoding = 'jpeg' | 'png' | 'webp';

/** First bytes of each encoding; null matches any byte (a WebP's length). */
const SIGNATURES: Readonly<Record<CompressedEncoding, readonly (number | null)[]>> = {
  jpeg: [0xff, 0xd8, 0xff],
  png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  webp: [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50],
};

/** Whether `bytes` begin as a picture of `encoding` does: what does not is refused before it costs a decoder's time. */
export function hasImageSignature(bytes: Uint8Array, encoding: CompressedEncoding): boolean {
  return SIGNATURES[encoding].every((expected, i) => (expected === null ? i < bytes.length : bytes[i] === expected));
}
