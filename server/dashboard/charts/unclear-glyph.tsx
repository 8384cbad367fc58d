import type { JSX } from 'preact';

/** A small face without features, for an unclear emotion. Decorative: the word is always next to it. */
export function UnclearGlyph({ sizePx }: { sizePx: number }): JSX.Element {
  return (
    <svg class="emotion-glyph unclear-glyph" width={sizePx} height={sizePx} viewBox="0 0 24 24" aria-hidden="true">
      <circle class="unclear-glyph-face" cx="12" cy="12" r="10.2" />
      <path class="unclear-glyph-mark" d="M9.2 9.8a2.8 2.8 0 1 1 4.1 2.5c-.9.5-1.3 1-1.3 2M12 17.2v.01" />
    </svg>
  );
}
