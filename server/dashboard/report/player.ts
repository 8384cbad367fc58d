import { useEffect, useState } from 'preact/hooks';

/** Speeds that the player offers. */
export const PLAYBACK_RATES = [1, 1.25, 1.5, 2] as const;

/** Plays the sound of the call. Without sound it only keeps a position. */
export interface Player {
  readonly hasSound: boolean;
  /** Position in the call, in ms. */
  readonly timeMs: number;
  readonly isPlaying: boolean;
  readonly rate: number;
  /** Moves to a position and plays from there. */
  playFrom(timeMs: number): void;
  /** Moves to a position. Goes on playing or resting. */
  moveTo(timeMs: number): void;
  toggle(): void;
  setRate(rate: number): void;
  /** Calls `listener` after each change. Returns the function that ends this. */
  subscribe(listener: () => void): () => void;
}

/**
 * @param openSound - Gives the sound's address. Called once, when the sound is first needed, because decoding an hour of it
 * takes a moment. Null: there is no sound.
 */
export function createPlayer(openSound: (() => string) | null, durationMs: number): Player {
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  let restingMs = 0;
  let rate = 1;
  let audio: HTMLAudioElement | null = null;
  const open = (): HTMLAudioElement | null => {
    if (audio !== null || openSound === null) return audio;
    audio = new Audio(openSound());
    audio.preload = 'auto';
    audio.currentTime = restingMs / 1000;
    audio.playbackRate = rate;
    for (const name of ['timeupdate', 'play', 'pause', 'ended', 'seeked']) audio.addEventListener(name, tell);
    return audio;
  };
  const moveTo = (timeMs: number): void => {
    restingMs = Math.min(durationMs, Math.max(0, timeMs));
    if (audio !== null) audio.currentTime = restingMs / 1000;
    tell();
  };
  /** The browser may refuse to play, for example in a background tab. The buttons then still show a resting player. */
  const play = (): void => void open()?.play().catch(tell);
  return {
    hasSound: openSound !== null,
    get timeMs() {
      return audio === null ? restingMs : audio.currentTime * 1000;
    },
    get isPlaying() {
      return audio !== null && !audio.paused;
    },
    get rate() {
      return rate;
    },
    playFrom: (timeMs) => {
      moveTo(timeMs);
      play();
    },
    moveTo,
    toggle: () => {
      if (audio !== null && !audio.paused) audio.pause();
      else play();
    },
    setRate: (next) => {
      rate = next;
      if (audio !== null) audio.playbackRate = next;
      tell();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A value that depends on the player. The component is drawn again only when the value changes. */
export function usePlayer<T extends string | number | boolean | null>(
  player: Player,
  select: (player: Player) => T,
): T {
  const [value, setValue] = useState(() => select(player));
  useEffect(() => {
    const update = (): void => setValue(select(player));
    update();
    return player.subscribe(update);
  }, [player, select]);
  return value;
}
