import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether `presented` is the secret, in a time that tells nothing of either. */
export function isSameSecret(presented: string | null, expected: string): boolean {
  return presented !== null && timingSafeEqual(digest(presented), digest(expected));
}

/** Equal lengths for the comparison, whatever was presented. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
