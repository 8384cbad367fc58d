import type { JSX } from 'preact';
import { Icon } from './icon.tsx';

/** Tells that the server can't be reached; the page keeps what it has and tries again by itself. */
export function LostBanner({ onRetry }: { onRetry: () => void }): JSX.Element {
  return (
    <div class="banner banner-danger" role="alert">
      <Icon name="alert" />
      <span>Connection lost. What you see may be out of date; trying again.</span>
      <button type="button" class="button-quiet" onClick={onRetry}>
        Try now
      </button>
    </div>
  );
}
