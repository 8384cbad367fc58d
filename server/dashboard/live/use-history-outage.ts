import { useEffect, useState } from 'preact/hooks';
import type { ServerConnection } from './server-connection.ts';

/** How often the server is asked, in ms. */
const POLL_MS = 30_000;

/** Why the server stores no sessions, in its words. Null while it does, and while it cannot be asked. */
export function useHistoryOutage({ address }: ServerConnection): string | null {
  const [outage, setOutage] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const ask = async (): Promise<void> => {
      const answer = await readiness(new URL('readyz', address.url), abort.signal);
      if (!abort.signal.aborted) setOutage(answer?.history ?? null);
    };
    void ask();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void ask();
    }, POLL_MS);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [address]);
  return outage;
}

async function readiness(url: URL, signal: AbortSignal): Promise<{ readonly history?: string } | null> {
  try {
    return (await (await fetch(url, { signal })).json()) as { readonly history?: string };
  } catch {
    return null;
  }
}
