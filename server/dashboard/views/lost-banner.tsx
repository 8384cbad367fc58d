import type { JSX } from 'preact';
import { Icon } from './icon.tsx';

/** Shows that the server can't be reached. The page keeps its data and reconnects by itself. */
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
