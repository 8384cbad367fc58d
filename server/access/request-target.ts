/** Segments of A-Z a-z 0-9 . _ - with single slashes between, and possibly one at the end. */
const CANONICAL_PATH = /^\/(?:[\w.-]+(?:\/[\w.-]+)*\/?)?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * The path of a request target. Null when the target is not written like an address of a route.
 *
 * Paths and ids of this server consist of `A-Z a-z 0-9 . _ -`, so no address needs an escape. Each address has one
 * spelling, and nothing is decoded, resolved or folded. Not accepted: an escape, an empty or a dot segment, a parameter
 * after `;`, a fragment, and the absolute, authority and asterisk forms (RFC 9112, section 3.2).
 */
export function pathOf(target: string | undefined): string | null {
  const path = target?.split('?', 1)[0] ?? '';
  return CANONICAL_PATH.test(path) && !DOT_SEGMENT.test(path) ? path : null;
}
