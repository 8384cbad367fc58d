/** Part of a FlatBuffer: https://flatbuffers.dev/internals. Offsets point forward only, so a part comes before what it refers to. */
export type Part =
  /** A table by field number; null leaves a field out. */
  | { readonly kind: 'table'; readonly fields: readonly (Field | null)[] }
  | { readonly kind: 'vector'; readonly items: readonly Part[] }
  | { readonly kind: 'floats'; readonly values: readonly number[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  /** A part of the buffer that is appended, by its position there. */
  | { readonly kind: 'appended'; readonly position: number };

export type Field = Part | { readonly kind: 'u8' | 'u32'; readonly value: number };

const ALIGNMENT = 16;

/** Writes `root` with a file identifier of four letters, and `appended` behind it, to whose parts it may refer. */
export function writeFlatBuffer(
  identifier: string,
  root: Part,
  appended: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const references: { readonly at: number; readonly position: number }[] = [];

  const u16 = (value: number) => bytes.push(value & 0xff, value >> 8);
  const u32 = (value: number) => bytes.push(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
  const setU32 = (at: number, value: number) => {
    for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (8 * i)) & 0xff;
  };
  const pad = (alignment: number, behind = 0) => {
    while ((bytes.length + behind) % alignment !== 0) bytes.push(0);
  };
  const point = (at: number, part: Part) => {
    if (part.kind === 'appended') references.push({ at, position: part.position });
    else setU32(at, write(part) - at);
  };

  const write = (part: Exclude<Part, { kind: 'appended' }>): number => {
    switch (part.kind) {
      case 'table':
        return writeTable(part.fields);
      case 'vector': {
        pad(4);
        const start = bytes.length;
        u32(part.items.length);
        for (const _ of part.items) u32(0);
        part.items.forEach((item, i) => {
          point(start + 4 + 4 * i, item);
        });
        return start;
      }
      case 'floats': {
        pad(4);
        const start = bytes.length;
        u32(part.values.length);
        bytes.push(...new Uint8Array(new Float32Array(part.values).buffer));
        return start;
      }
      case 'bytes':
        return writeBytes(part.bytes);
      case 'text': {
        const start = writeBytes(new TextEncoder().encode(part.text));
        bytes.push(0);
        return start;
      }
    }
  };
  const writeBytes = (data: Uint8Array): number => {
    pad(ALIGNMENT, 4);
    const start = bytes.length;
    u32(data.length);
    bytes.push(...data);
    return start;
  };
  /** Its field table, then the table itself: four bytes a field. */
  const writeTable = (fields: readonly (Field | null)[]): number => {
    const vtableBytes = 4 + 2 * fields.length;
    pad(4, vtableBytes);
    const vtable = bytes.length;
    u16(vtableBytes);
    u16(4 + 4 * fields.length);
    fields.forEach((field, i) => {
      u16(field === null ? 0 : 4 + 4 * i);
    });
    const start = bytes.length;
    u32(start - vtable);
    for (const field of fields) u32(field !== null && 'value' in field ? field.value : 0);
    fields.forEach((field, i) => {
      if (field !== null && !('value' in field)) point(start + 4 + 4 * i, field);
    });
    return start;
  };

  u32(0);
  bytes.push(...new TextEncoder().encode(identifier));
  point(0, root);
  pad(ALIGNMENT);
  for (const { at, position } of references) setU32(at, bytes.length + position - at);
  const out = new Uint8Array(bytes.length + appended.length);
  out.set(bytes);
  out.set(appended, bytes.length);
  return out;
}

/** A table of a FlatBuffer: where its fields are. */
export function readTable(data: Uint8Array, at: number): { field(index: number): number | null } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const vtable = at - view.getInt32(at, true);
  const count = (view.getUint16(vtable, true) - 4) / 2;
  return {
    field(index) {
      const offset = index < count ? view.getUint16(vtable + 4 + 2 * index, true) : 0;
      return offset === 0 ? null : at + offset;
    },
  };
}

/** What the offset at `at` points to. */
export function follow(data: Uint8Array, at: number): number {
  return at + new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at, true);
}
