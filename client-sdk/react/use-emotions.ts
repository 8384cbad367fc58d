import { useMemo, useRef, useSyncExternalStore } from 'react';
import {
  createSessionStore,
  type FollowedSession,
  type FollowOptions,
  NOTHING_FOLLOWED,
  type SessionStore,
} from '../subscribe/session-store.ts';

const NOT_FOLLOWING: SessionStore = { subscribe: () => () => {}, getSnapshot: () => NOTHING_FOLLOWED };

/**
 * Follows a session while the component is mounted: its newest events, and each participant's latest emotion. A change of
 * the session, `url`, `token` or `maxEvents` restarts it. Other options are read at the start.
 *
 * @param sessionId - null follows nothing: the status is `idle`.
 * @throws RangeError when an option is out of range.
 */
export function useEmotions(sessionId: string | null, options: FollowOptions): FollowedSession {
  const newest = useRef(options);
  newest.current = options;
  const { token, maxEvents } = options;
  const url = String(options.url);
  const store = useMemo(() => {
    if (sessionId === null) return NOT_FOLLOWING;
    return createSessionStore(sessionId, {
      ...newest.current,
      url,
      ...(token !== undefined && { token }),
      ...(maxEvents !== undefined && { maxEvents }),
      onEvent: (event) => newest.current.onEvent?.(event),
    });
  }, [sessionId, url, token, maxEvents]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => NOTHING_FOLLOWED);
}
