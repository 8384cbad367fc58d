import { MAX_ID_LENGTH } from '../../../client-sdk/protocol/index.ts';

/** A piece of a segment, and the track that it went to. */
export interface SegmentPart {
  readonly trackId: string;
  readonly segmentId: string;
}

/** Segments whose parts are remembered. */
const MAX_SEGMENTS = 256;

/** Remembers where the parts of final segments went, so that a later version of a segment replaces all of them. */
export class SegmentParts {
  readonly #partsOf = new Map<string, readonly SegmentPart[]>();

  /** Notes the parts of a segment. Returns the parts of its earlier version that none of them replaces. */
  replace({ trackId, segmentId }: SegmentPart, parts: readonly SegmentPart[]): SegmentPart[] {
    const key = `${trackId} ${segmentId}`;
    const before = this.#partsOf.get(key) ?? [];
    this.#partsOf.delete(key);
    this.#partsOf.set(key, parts);
    if (this.#partsOf.size > MAX_SEGMENTS) this.#partsOf.delete(this.#partsOf.keys().next().value!);
    return before.filter(
      (old) => !parts.some((part) => part.trackId === old.trackId && part.segmentId === old.segmentId),
    );
  }

  /** The first part of the segment's earlier version. Undefined: there is none. */
  firstOf({ trackId, segmentId }: SegmentPart): SegmentPart | undefined {
    return this.#partsOf.get(`${trackId} ${segmentId}`)?.[0];
  }
}

/** The id of a segment's part, counted from 0. From the second part on it is longer than any id that a source may give. */
export function partId(segmentId: string, part: number): string {
  return part === 0 ? segmentId : `${'+'.repeat(MAX_ID_LENGTH)}${part}.${segmentId}`;
}
