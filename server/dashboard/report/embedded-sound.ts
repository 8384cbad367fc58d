import { REPORT_SOUND_ID } from './report-data.ts';

/** Opens the sound that the file holds. Null: it holds none. */
export function embeddedSound(): (() => string) | null {
  const element = document.getElementById(REPORT_SOUND_ID);
  if (element === null) return null;
  return () => {
    const text = atob(element.textContent ?? '');
    // An hour has ten million of them: a loop is many times quicker than `Uint8Array.from`.
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return URL.createObjectURL(new Blob([bytes], { type: 'audio/webm' }));
  };
}
