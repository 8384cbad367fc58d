import type { JSX } from 'preact';
import { formatMediaTime } from '../state/format.ts';
import { Icon } from '../views/icon.tsx';
import { PLAYBACK_RATES, type Player, usePlayer } from './player.ts';

/** How far the arrow buttons move, in ms. */
const STEP_MS = 5000;

const isPlayingOf = (player: Player): boolean => player.isPlaying;
const secondOf = (player: Player): number => Math.floor(player.timeMs / 1000);
const rateOf = (player: Player): number => player.rate;

/** The player at the bottom of the window. */
export function PlayerBar({ player, durationMs }: { player: Player; durationMs: number }): JSX.Element {
  const isPlaying = usePlayer(player, isPlayingOf);
  const second = usePlayer(player, secondOf);
  const rate = usePlayer(player, rateOf);
  return (
    <section class="player" aria-label="Player">
      <div class="player-inner">
        <button type="button" class="player-play" aria-label={isPlaying ? 'Pause' : 'Play'} onClick={player.toggle}>
          <Icon name={isPlaying ? 'pause' : 'play'} sizePx={18} />
        </button>
        <button
          type="button"
          class="button-icon"
          aria-label="Back 5 seconds"
          onClick={() => player.moveTo(player.timeMs - STEP_MS)}
        >
          <Icon name="rewind" />
        </button>
        <span class="player-time">
          {formatMediaTime(second * 1000)} <span class="muted">/ {formatMediaTime(durationMs)}</span>
        </span>
        <input
          type="range"
          aria-label="Position in the call"
          aria-valuetext={formatMediaTime(second * 1000)}
          min={0}
          max={Math.max(1, Math.ceil(durationMs / 1000))}
          step={1}
          value={second}
          onInput={(event) => player.moveTo(event.currentTarget.valueAsNumber * 1000)}
        />
        <select aria-label="Speed" value={rate} onChange={(event) => player.setRate(Number(event.currentTarget.value))}>
          {PLAYBACK_RATES.map((each) => (
            <option key={each} value={each}>
              {each}×
            </option>
          ))}
        </select>
      </div>
    </section>
  );
}
