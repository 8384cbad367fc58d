import type { JSX } from 'preact';

const PATHS = {
  alert: 'M12 8v5M12 16.5v.01M10.3 4l-8 14a2 2 0 0 0 1.7 3h16a2 2 0 0 0 1.7-3l-8-14a2 2 0 0 0-3.4 0z',
  arrowDown: 'M12 5v14M6 13l6 6 6-6',
  arrowUp: 'M12 19V5M6 11l6-6 6 6',
  back: 'M19 12H5M11 6l-6 6 6 6',
  camera: 'M3 7h11a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H3zM16 11l5-3v8l-5-3',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5V12l3 2',
  dash: 'M6 12h12',
  face: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9 9.8v.4M15 9.8v.4M8.5 14.5q3.5 3 7 0',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.01',
  microphone: 'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21',
  more: 'M6 9l6 6 6-6',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  rewind: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5',
  steady: 'M4 12h16M14 6l6 6-6 6',
  stop: 'M7 7h10v10H7z',
  sun: 'M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
  voice: 'M4 10v4M8 7v10M12 4v16M16 7v10M20 10v4',
  wave: 'M3 12c2.5 0 2.5-5 5-5s2.5 10 5 10 2.5-5 5-5h3',
  words: 'M4 5h16v11H11l-4 4v-4H4zM8 9h8M8 12h5',
} as const;

export type IconName = keyof typeof PATHS;

/** A line icon in the colour of the text. Decorative: the text next to it carries the meaning. */
export function Icon({ name, sizePx = 18 }: { name: IconName; sizePx?: number }): JSX.Element {
  return (
    <svg class="icon" width={sizePx} height={sizePx} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
