import type { DescribedCause } from './describe-cause.ts';

/** An error of another thread, as that thread described it. */
export class DescribedError extends Error {
  override readonly name = 'DescribedError';
  readonly described: DescribedCause;

  constructor(described: DescribedCause) {
    super(described.cause);
    this.described = described;
  }
}
