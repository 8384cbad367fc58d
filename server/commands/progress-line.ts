import { toClockTime } from '../clock-time.ts';

export interface ProgressLine {
  update(mediaTimeMs: number): void;
  /** Clears the line, runs `print` and shows the line again. */
  above(print: () => void): void;
  done(): void;
}

/**
 * Progress through a recording: one line that is rewritten on a terminal. Elsewhere every tenth is printed.
 *
 * @param work - what is done with the recording. Default: `analyzing`.
 */
export function createProgressLine(stream: NodeJS.WriteStream, durationMs: number, work = 'analyzing'): ProgressLine {
  const startMs = performance.now();
  const onTerminal = stream.isTTY === true;
  let shownPercent = -1;
  let line = '';

  const render = (mediaTimeMs: number, percent: number): string => {
    const speed = mediaTimeMs / Math.max(1, performance.now() - startMs);
    const left = percent === 0 || percent === 100 ? '' : `, ${toClockTime((durationMs - mediaTimeMs) / speed)} left`;
    return `${work} ${percent} % (${toClockTime(mediaTimeMs)} of ${toClockTime(durationMs)}, ${speed.toFixed(1)}× real time${left})`;
  };
  const draw = (): void => {
    if (onTerminal) stream.write(`\r\x1b[2K${line}`);
  };

  return {
    update(mediaTimeMs) {
      const percent = Math.min(100, Math.floor((mediaTimeMs / Math.max(1, durationMs)) * 100));
      if (percent === shownPercent || (!onTerminal && Math.floor(percent / 10) === Math.floor(shownPercent / 10)))
        return;
      shownPercent = percent;
      line = render(Math.min(mediaTimeMs, durationMs), percent);
      if (onTerminal) draw();
      else stream.write(`${line}\n`);
    },
    above(print) {
      if (onTerminal) stream.write('\r\x1b[2K');
      print();
      draw();
    },
    done() {
      line = render(durationMs, 100);
      if (onTerminal) draw();
      stream.write(onTerminal ? '\n' : `${line}\n`);
    },
  };
}
