import { useEffect } from 'preact/hooks';

/** Sets the page's title. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} – Undertone`;
  }, [name]);
}
