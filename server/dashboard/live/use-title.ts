import { useEffect } from 'preact/hooks';

/** Names the page after what it shows. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} – Undertone`;
  }, [name]);
}
