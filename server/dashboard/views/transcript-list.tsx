import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { UtteranceView } from '../state/session-view.ts';
import { chunkUtterances } from '../state/transcript-chunks.ts';
import { Icon } from './icon.tsx';
import { TranscriptChunk } from './transcript-chunk.tsx';

export interface TranscriptListProps {
  /** Ordered by start. */
  readonly utterances: readonly UtteranceView[];
  readonly isLive: boolean;
  readonly selectedId: string | null;
  readonly onSelect: (utteranceId: string) => void;
  readonly initialOrder: 'newest-first' | 'oldest-first';
  /** Draws every part, for printing. Default: false. */
  readonly isWhole?: boolean;
}

/** The whole transcript. Parts far from the visible part are not drawn, so that a long call stays quick. */
export function TranscriptList(props: TranscriptListProps): JSX.Element {
  const { utterances, isLive, selectedId, onSelect, initialOrder, isWhole = false } = props;
  const [order, setOrder] = useState(initialOrder);
  const scroller = useRef<HTMLDivElement>(null);
  const chunks = useMemo(() => chunkUtterances(utterances), [utterances]);
  const ordered = order === 'newest-first' ? chunks.toReversed() : chunks;

  useEffect(() => {
    const entry = selectedId === null ? null : document.getElementById(`utterance-${selectedId}`);
    if (entry !== null && scroller.current !== null) reveal(entry, scroller.current);
  }, [selectedId]);

  return (
    <section class="transcript card" aria-labelledby="transcript-title">
      <header class="section-head">
        <h2 id="transcript-title">
          Transcript <span class="muted count">{utterances.length}</span>
        </h2>
        <button
          type="button"
          class="button-quiet"
          onClick={() => setOrder(order === 'newest-first' ? 'oldest-first' : 'newest-first')}
        >
          <Icon name={order === 'newest-first' ? 'arrowDown' : 'arrowUp'} sizePx={15} />
          {order === 'newest-first' ? 'Newest first' : 'Oldest first'}
        </button>
      </header>
      <div class="transcript-scroll" ref={scroller}>
        {utterances.length === 0 && (
          <p class="empty-inline muted">Nothing said yet. Each utterance appears here as soon as it ends.</p>
        )}
        {ordered.map((chunk, at) => (
          <TranscriptChunk
            key={chunk.key}
            chunk={chunk}
            isDrawn={isWhole || at === 0}
            isReversed={order === 'newest-first'}
            isLive={isLive}
            selectedId={chunk.utterances.some((utterance) => utterance.id === selectedId) ? selectedId : null}
            onSelect={onSelect}
          />
        ))}
      </div>
    </section>
  );
}

/** Scrolls the list until the entry is visible. The page around the list does not scroll. */
function reveal(entry: HTMLElement, scroller: HTMLElement): void {
  const [inner, outer] = [entry.getBoundingClientRect(), scroller.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    scroller.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}
