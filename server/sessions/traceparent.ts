import { randomBytes } from 'node:crypto';

/** A new sampled W3C trace context. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
