import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { meterLevel } from '../state/level.ts';

/** Samples per reading. */
const WINDOW_SAMPLES = 1024;

/** Shows how loud the microphone is. It is drawn once per animation frame, without rendering anything else. */
export function LevelMeter({ stream }: { stream: MediaStream }): JSX.Element {
  const bar = useRef<SVGRectElement>(null);

  useEffect(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = WINDOW_SAMPLES;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(WINDOW_SAMPLES);
    let shown = 0;
    let frame = 0;
    const draw = (): void => {
      analyser.getFloatTimeDomainData(samples);
      shown = Math.max(meterLevel(samples), shown * 0.9);
      bar.current?.setAttribute('width', `${Math.round(shown * 100)}%`);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      void context.close();
    };
  }, [stream]);

  return (
    <svg class="level-meter" height="8" role="img" aria-label="Microphone level">
      <rect class="level-track" width="100%" height="8" rx="4" />
      <rect class="level-bar" ref={bar} width="0" height="8" rx="4" />
    </svg>
  );
}
