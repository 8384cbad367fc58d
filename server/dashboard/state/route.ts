/** The current place in the dashboard. The URL's hash holds all of it. */
export type Route =
  | { readonly view: 'list' }
  | { readonly view: 'start' }
  | { readonly view: 'session'; readonly sessionId: string };

const SESSION_PREFIX = '#/sessions/';

/** Reads `location.hash`. An unknown hash leads to the list. */
export function parseRoute(hash: string): Route {
  if (hash === '#/start') return { view: 'start' };
  if (!hash.startsWith(SESSION_PREFIX)) return { view: 'list' };
  const encoded = hash.slice(SESSION_PREFIX.length);
  try {
    const sessionId = decodeURIComponent(encoded);
    return sessionId === '' ? { view: 'list' } : { view: 'session', sessionId };
  } catch {
    return { view: 'list' };
  }
}

/** The inverse of {@link parseRoute}. Returns a value for `href` or `location.hash`. */
export function routeHash(route: Route): string {
  if (route.view === 'session') return SESSION_PREFIX + encodeURIComponent(route.sessionId);
  return route.view === 'start' ? '#/start' : '#/';
}
