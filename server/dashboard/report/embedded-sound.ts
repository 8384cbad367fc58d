import { REPORT_SOUND_ID } from './report-data.ts';

/** Opens the sound that the file holds. Null: it holds none. */
export function embeddedSound(): (() => string) | null {
  const element = document.getElementById(REPORT_SOUND_ID);
  if (element === null) return null;
  return () => {
    const text = atob(element.textContent ?? '');
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: 'audio/webm' }));
  };
}
