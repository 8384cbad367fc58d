const ODD: readonly (() => unknown)[] = [
  () => null,
  () => [],
  () => ({}),
  () => true,
  () => '',
  () => -1,
  () => 0.5,
  () => 1e308,
  () => -1e308,
  () => Number.MAX_SAFE_INTEGER,
  () => '1e999',
  () => 'NaN',
  () => '\u0000\u001b[2J\ud800',
  () => 'x'.repeat(2000),
  () => '__proto__',
  () => 'constructor',
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  () => Array.from({ length: 300 }, (_, i) => i),
  () => nested(500),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? [value] : { toString: value };
  return value;
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A valid JSON value in which some parts are replaced, removed, renamed or repeated. */
export function mutateJson(value: unknown, random: () => number, share = 0.15): unknown {
  if (random() < share / 2) return pick(ODD, random)();
  if (Array.isArray(value)) {
    const items = value.map((item) => mutateJson(item, random, share));
    return random() < share ? [...items, ...items] : items;
  }
  if (typeof value !== 'object' || value === null) return random() < share ? pick(ODD, random)() : value;
  const fields: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    if (random() < share / 3) continue;
    const name = random() < share / 5 ? pick(['__proto__', 'constructor', 'toString', 'type'], random) : key;
    fields.push([name, mutateJson(field, random, share)]);
  }
  return Object.fromEntries(fields);
}

/** Bytes that are cut short, padded, or partly changed. */
export function mutateBytes(bytes: Uint8Array, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const flips = Math.floor(random() * 4);
  for (let i = 0; i < flips && copy.length > 0; i += 1)
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  const kind = random();
  if (kind < 0.25) return copy.subarray(0, Math.floor(random() * copy.length));
  if (kind < 0.35) return Buffer.concat([copy, copy]);
  return copy;
}
