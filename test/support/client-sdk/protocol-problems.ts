import fc from 'fast-check';
import { ProtocolError } from '../../../client-sdk/protocol/index.ts';

/**
 * Code and field of the ProtocolError that `action` throws. Null when it throws nothing. Other errors are thrown on.
 */
export function problemOf(action: () => unknown): { code: string; field: string | null } | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return { code: error.code, field: error.field };
    throw error;
  }
}

/** What `action` throws. Undefined when it throws nothing. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** `value` as JSON with one field, at any depth, replaced by a value from `replacements`. */
export function corrupted(value: unknown, replacements: fc.Arbitrary<unknown> = fc.anything()): fc.Arbitrary<unknown> {
  const text = JSON.stringify(value);
  const paths = fieldPaths(JSON.parse(text));
  return fc.tuple(fc.constantFrom(...paths), replacements).map(([path, replacement]) => {
    const copy = JSON.parse(text);
    let parent = copy;
    for (const key of path.slice(0, -1)) parent = parent[key];
    parent[path.at(-1) as string] = replacement;
    return copy;
  });
}

function fieldPaths(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[key], ...fieldPaths(child).map((path) => [key, ...path])]);
}
