/** How linear or companded samples lie in a file. */
export interface PcmForm {
  readonly kind: 'unsigned' | 'signed' | 'float' | 'mu-law' | 'a-law';
  readonly bytesPerSample: number;
  readonly isLittleEndian: boolean;
}

/** Container names of PCM codecs, such as `pcm-s16be`. Null for a codec that is not PCM, or of a size that is unknown. */
export function pcmForm(codec: string): PcmForm | null {
  if (codec === 'ulaw') return { kind: 'mu-law', bytesPerSample: 1, isLittleEndian: true };
  if (codec === 'alaw') return { kind: 'a-law', bytesPerSample: 1, isLittleEndian: true };
  const match = /^pcm-([usf])(8|16|24|32|64)(be)?$/.exec(codec);
  if (match === null) return null;
  const kind = ({ u: 'unsigned', s: 'signed', f: 'float' } as const)[match[1] as 'u' | 's' | 'f'];
  const form = { kind, bytesPerSample: Number(match[2]) / 8, isLittleEndian: match[3] === undefined };
  return isPcmForm(form) ? form : null;
}

/** Whether {@link decodePcm} reads it. */
export function isPcmForm({ kind, bytesPerSample }: PcmForm): boolean {
  if (kind === 'float') return bytesPerSample === 4 || bytesPerSample === 8;
  if (kind === 'mu-law' || kind === 'a-law') return bytesPerSample === 1;
  return bytesPerSample >= 1 && bytesPerSample <= 4;
}

/** Decodes interleaved samples to −1…1, one array per channel. Bytes behind the last whole frame are ignored. */
export function decodePcm(bytes: Uint8Array, form: PcmForm, channelCount: number): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frameBytes = form.bytesPerSample * channelCount;
  const frames = Math.floor(bytes.length / frameBytes);
  const read = reader(form);
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(frames);
    let at = channel * form.bytesPerSample;
    for (let i = 0; i < frames; i++, at += frameBytes) samples[i] = read(view, at);
    return samples;
  });
}

function reader({ kind, bytesPerSample, isLittleEndian: le }: PcmForm): (view: DataView, at: number) => number {
  if (kind === 'mu-law') return (view, at) => MU_LAW[view.getUint8(at)]!;
  if (kind === 'a-law') return (view, at) => A_LAW[view.getUint8(at)]!;
  if (kind === 'float') {
    if (bytesPerSample === 8) return (view, at) => view.getFloat64(at, le);
    return (view, at) => view.getFloat32(at, le);
  }
  const scale = 2 ** (8 * bytesPerSample - 1);
  if (kind === 'unsigned') return (view, at) => unsigned(view, at, bytesPerSample, le) / scale - 1;
  if (bytesPerSample === 1) return (view, at) => view.getInt8(at) / scale;
  if (bytesPerSample === 2) return (view, at) => view.getInt16(at, le) / scale;
  if (bytesPerSample === 4) return (view, at) => view.getInt32(at, le) / scale;
  return (view, at) => ((unsigned(view, at, 3, le) << 8) >> 8) / scale;
}

function unsigned(view: DataView, at: number, bytes: number, le: boolean): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, le);
  if (bytes === 4) return view.getUint32(at, le);
  const [low, high] = le ? [at, at + 2] : [at + 2, at];
  return view.getUint8(low) | (view.getUint8(at + 1) << 8) | (view.getUint8(high) << 16);
}

/** ITU-T G.711. */
const MU_LAW = Float32Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted >> 4) & 0x07)) - 0x84;
  return (inverted & 0x80 ? -magnitude : magnitude) / 32768;
});
const A_LAW = Float32Array.from({ length: 256 }, (_, code) => {
  const toggled = code ^ 0x55;
  const exponent = (toggled >> 4) & 0x07;
  const mantissa = (toggled & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return (toggled & 0x80 ? magnitude : -magnitude) / 32768;
});
