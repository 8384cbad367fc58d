import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether `presented` is the secret. The time that this takes reveals nothing about either. */
export function isSameSecret(presented: string | null, expected: string): boolean {
  return presented !== null && timingSafeEqual(digest(presented), digest(expected));
}

/** Makes both values equally long for the comparison. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
