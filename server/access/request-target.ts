/** Segments of A-Z a-z 0-9 . _ - with single slashes between, and perhaps one at the end. */
const CANONICAL_PATH = /^\/(?:[\w.-]+(?:\/[\w.-]+)*\/?)?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * The path of a request target, or null when the target is not spelt as a route's address is.
 *
 * No address of this server needs an escape: paths and ids are of `A-Z a-z 0-9 . _ -`. So there is one spelling per
 * address, and nothing is decoded, resolved or folded. An escape, an empty or a dot segment, a parameter after `;`, a
 * fragment and the absolute, authority and asterisk forms (RFC 9112, section 3.2) are no address of ours.
 */
export function pathOf(target: string | undefined): string | null {
  const path = target?.split('?', 1)[0] ?? '';
  return CANONICAL_PATH.test(path) && !DOT_SEGMENT.test(path) ? path : null;
}
