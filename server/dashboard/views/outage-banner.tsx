import type { JSX } from 'preact';
import { Icon } from './icon.tsx';

/** Shows that the server stores no sessions. Calls go on, and their events are only in memory. */
export function OutageBanner({ reason }: { reason: string }): JSX.Element {
  return (
    <div class="banner banner-caution" role="status">
      <Icon name="alert" />
      <span>Sessions are not stored, and a restart loses them: {reason}.</span>
    </div>
  );
}
