import { Component, createRef, type JSX } from 'preact';
import { type Chunk, isSameChunk } from '../state/transcript-chunks.ts';
import { TranscriptEntry } from './transcript-entry.tsx';

/** Assumed height of an entry that was never drawn, in px. */
const ENTRY_PX = 132;

/** Margin around the visible part within which chunks are drawn in advance. */
const AHEAD = '1200px 0px';

export interface TranscriptChunkProps {
  readonly chunk: Chunk;
  /** Draws the chunk even when it is far from the visible part. */
  readonly isDrawn: boolean;
  readonly isReversed: boolean;
  readonly isLive: boolean;
  /** The selected utterance, if it is in this chunk. Otherwise null. */
  readonly selectedId: string | null;
  readonly onSelect: (utteranceId: string) => void;
}

/**
 * A chunk of the transcript. It shows its entries when it is near the visible part or holds the selected utterance.
 * Otherwise it shows a gap of the same height.
 */
export class TranscriptChunk extends Component<TranscriptChunkProps, { isNear: boolean; heightPx: number }> {
  override state = { isNear: false, heightPx: this.props.chunk.utterances.length * ENTRY_PX };
  readonly #element = createRef<HTMLDivElement>();
  #observer: IntersectionObserver | null = null;

  override componentDidMount(): void {
    const element = this.#element.current;
    if (element === null) return;
    this.#observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1);
        if (entry === undefined || entry.isIntersecting === this.state.isNear) return;
        if (entry.isIntersecting) this.setState({ isNear: true });
        else this.setState({ isNear: false, heightPx: entry.boundingClientRect.height });
      },
      { rootMargin: AHEAD },
    );
    this.#observer.observe(element);
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect();
  }

  override shouldComponentUpdate(next: TranscriptChunkProps, state: { isNear: boolean }): boolean {
    const { chunk, isDrawn, isReversed, isLive, selectedId } = this.props;
    return (
      state.isNear !== this.state.isNear ||
      next.isDrawn !== isDrawn ||
      next.isReversed !== isReversed ||
      next.isLive !== isLive ||
      next.selectedId !== selectedId ||
      !isSameChunk(next.chunk, chunk)
    );
  }

  override render({ chunk, isDrawn, isReversed, isLive, selectedId, onSelect }: TranscriptChunkProps): JSX.Element {
    if (!this.state.isNear && !isDrawn && selectedId === null) {
      return <div class="transcript-chunk" ref={this.#element} style={{ height: `${this.state.heightPx}px` }} />;
    }
    const utterances = isReversed ? chunk.utterances.toReversed() : chunk.utterances;
    return (
      <div class="transcript-chunk" ref={this.#element} style={{ height: 'auto' }}>
        {utterances.map((utterance) => (
          <TranscriptEntry
            key={utterance.id}
            utterance={utterance}
            isSelected={utterance.id === selectedId}
            isLive={isLive}
            onSelect={onSelect}
          />
        ))}
      </div>
    );
  }
}
