import type { Subscription } from 'rxjs';
import type { SpeakerEncoder } from '../../../models/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import { measureLevel, STEP_MS } from '../file/placement/voice-activity.ts';
import { labelSteps } from '../file/placement/voices/label-steps.ts';
import { SOUND_RATE_HZ, SoundWindow, STEP_SAMPLES } from '../file/placement/voices/sound-window.ts';
import { type LiveRun, LiveRuns, type LiveWindow } from './live-runs.ts';
import { LiveVoices } from './live-voices.ts';

/** How long the sound is held back until it is decided who speaks, in steps. */
export const DELAY_STEPS = 20;
/** The same where the encoder is late. Longer sound goes to whoever spoke last. */
export const MAX_DELAY_STEPS = 40;
/** Steps of which the levels are remembered: two minutes. */
const MAX_LEVELS = 1200;
/** Steps whose voice is remembered, for words that come late: almost seven minutes. */
const MAX_LABELS = 4096;
/** A voice begins this much before it is loud, in steps. */
const ONSET_STEPS = 2;
/** How long the end of a track waits for the encoder, ms of wall-clock time. */
const END_WAIT_MS = 2000;
/** Samples in which the sound passes from one speaker to the other. */
const FADE_SAMPLES = 160;
const LEAST_ENERGY = 1e-12;

/** Sound whose speakers are decided. */
export interface SplitSound {
  /** Sample of the first, at 16 kHz, since the session's start. */
  readonly startSample: number;
  /** One stretch per voice, of the same length. The second is null as long as only one voice has been heard. */
  readonly first: Float32Array;
  readonly second: Float32Array | null;
}

export interface TrackSplitterOptions {
  readonly encoder: SpeakerEncoder;
  readonly clock: Clock;
  /** Takes the sound of both voices, in order. */
  readonly onSound: (sound: SplitSound) => void;
  /** Told when more or fewer bytes are held. */
  readonly onHeld: (bytes: number) => void;
  /** Told when the encoder could not describe a stretch of voice. It goes to whoever spoke last. */
  readonly onFailure: (cause: unknown) => void;
}

interface HeardWindow {
  readonly vector: Float32Array;
}

/** Divides the sound of one track between two voices, {@link DELAY_STEPS} later. */
export class TrackSplitter {
  readonly #options: TrackSplitterOptions;
  readonly #voices = new LiveVoices();
  readonly #runs = new LiveRuns();
  readonly #heard = new Map<LiveRun, HeardWindow[]>();
  readonly #waiting = new Set<LiveWindow>();
  readonly #levels: number[] = [];
  /** Voice of each step, at the step's number modulo {@link MAX_LABELS}. */
  readonly #labels = new Uint8Array(MAX_LABELS);
  readonly #sound = new SoundWindow();
  /** The next step whose level is measured. */
  #nextStep = 0;
  #gain = 1;
  #isOne = false;
  #isClosed = false;
  #ending: (() => void) | null = null;
  #patience: Subscription | null = null;

  constructor(options: TrackSplitterOptions) {
    this.#options = options;
  }

  /** Whether two voices have been heard. */
  get areTwo(): boolean {
    return this.#voices.areTwo && !this.#isOne;
  }

  /** Time up to which the sound is decided, ms. */
  get decidedMs(): number {
    return (this.#sound.start * 1000) / SOUND_RATE_HZ;
  }

  /** The voice at a time that is decided: 0 or 1. */
  voiceAt(ms: number): number {
    return !this.areTwo ? 0 : this.#labelOf(Math.max(0, Math.floor(ms / STEP_MS)));
  }

  /** Whether the voice at a time is still known. */
  remembers(ms: number): boolean {
    return ms / STEP_MS > this.#nextStep - MAX_LABELS + DELAY_STEPS;
  }

  /** From now on all sound belongs to the first voice. */
  stopSplitting(): void {
    this.#isOne = true;
  }

  /** Takes sound that follows what came before, or begins after a gap. */
  push(startSample: number, samples: Float32Array): void {
    if (startSample !== this.#sound.end) {
      this.#flush();
      this.#passOn(this.#sound.end);
      this.#sound.restart(startSample);
      this.#nextStep = Math.ceil(startSample / STEP_SAMPLES);
    }
    this.#sound.add(samples);
    this.#options.onHeld(samples.byteLength);
    while ((this.#nextStep + 1) * STEP_SAMPLES <= this.#sound.end) this.#measure(this.#nextStep++);
    this.#release();
  }

  /** No sound follows. `done` is called once all of it is decided. */
  end(done: () => void): void {
    this.#flush();
    this.#ending = done;
    this.#patience?.unsubscribe();
    this.#patience = this.#options.clock.scheduler.schedule(() => {
      this.#waiting.clear();
      this.#release();
    }, END_WAIT_MS);
    this.#release();
  }

  /** Lets go of what is held. */
  close(): void {
    this.#isClosed = true;
    this.#patience?.unsubscribe();
    this.#forgetBefore(this.#sound.end);
  }

  #flush(): void {
    this.#describe(this.#runs.end());
  }

  #measure(step: number): void {
    let energy = 0;
    for (const sample of this.#sound.between(step * STEP_SAMPLES, (step + 1) * STEP_SAMPLES)) energy += sample ** 2;
    this.#levels.push(10 * Math.log10(energy / STEP_SAMPLES + LEAST_ENERGY));
    if (this.#levels.length > MAX_LEVELS) this.#levels.shift();
    // Until more is known, the voice goes on.
    this.#setLabels(step + 1, step + 2, this.#labelOf(step));
    const { voiced } = measureLevel(Float32Array.from(this.#levels));
    this.#describe(this.#runs.push(step, voiced.at(-1) === 1));
  }

  #describe(complete: LiveWindow | null): void {
    if (complete === null || this.#isOne) return;
    const { run, window } = complete;
    if (window.from * STEP_SAMPLES < this.#sound.start) return;
    const excerpt = this.#sound.excerpt(window);
    const index = run.windows.length - 1;
    this.#waiting.add(complete);
    this.#options.encoder
      .describe(excerpt)
      .then((vector) => {
        this.#voices.add({ vector, weight: window.to - window.from });
        const heard = this.#heard.get(run) ?? [];
        heard[index] = { vector };
        this.#heard.set(run, heard);
      }, this.#options.onFailure)
      .finally(() => {
        this.#waiting.delete(complete);
        if (this.#isClosed) return;
        this.#decide();
        this.#release();
      })
      .catch(this.#options.onFailure);
  }

  /** Decides anew who speaks in the runs that are held. */
  #decide(): void {
    const first = Math.floor(this.#sound.start / STEP_SAMPLES);
    for (const [run, heard] of this.#heard) {
      const known = run.windows.flatMap((window, index) => (heard[index] ? [{ window, ...heard[index] }] : []));
      const to = known.at(-1)!.window.to;
      if (to <= first) {
        this.#heard.delete(run);
        continue;
      }
      const windows = known.map(({ window }) => ({ from: window.from - run.from, to: window.to - run.from }));
      const covered = windows.every(({ from }, index) => from <= (windows[index - 1]?.to ?? 0));
      if (!covered || !this.#voices.areTwo) continue;
      const leanings = known.map(({ vector }) => this.#voices.leaningOf(vector));
      const length = to - run.from;
      const labels = labelSteps([{ from: 0, to: length, windows, leanings }], new Uint8Array(length).fill(1));
      this.#setLabels(Math.max(first, run.from - ONSET_STEPS), run.from, labels[0]!);
      for (let step = Math.max(first, run.from); step < to; step++)
        this.#setLabels(step, step + 1, labels[step - run.from]!);
      this.#setLabels(to, this.#nextStep + 1, labels.at(-1)!);
    }
  }

  #labelOf(step: number): number {
    return this.#labels[step % MAX_LABELS]!;
  }

  #setLabels(from: number, to: number, label: number): void {
    for (let step = from; step < to; step++) this.#labels[step % MAX_LABELS] = label;
  }

  /** Passes on what has been held long enough, unless a window of it is being described. */
  #release(): void {
    const isEnding = this.#ending !== null;
    const { end } = this.#sound;
    let until = isEnding ? end : end - DELAY_STEPS * STEP_SAMPLES;
    for (const { window } of this.#waiting) until = Math.min(until, window.from * STEP_SAMPLES);
    this.#passOn(Math.max(until, end - MAX_DELAY_STEPS * STEP_SAMPLES));
    if (isEnding && this.#sound.start === end) {
      const done = this.#ending!;
      this.#ending = null;
      this.#patience?.unsubscribe();
      done();
    }
  }

  #passOn(until: number): void {
    const { start: startSample } = this.#sound;
    if (until <= startSample) return;
    const first = this.#sound.between(startSample, until).slice();
    const second = this.#voices.areTwo ? new Float32Array(first.length) : null;
    for (let i = 0; i < first.length; i++) {
      const label = this.#isOne ? 0 : this.#labelOf(Math.floor((startSample + i) / STEP_SAMPLES));
      const change = 1 - label - this.#gain;
      this.#gain += Math.max(-1 / FADE_SAMPLES, Math.min(1 / FADE_SAMPLES, change));
      if (second !== null) second[i] = first[i]! * (1 - this.#gain);
      first[i]! *= this.#gain;
    }
    this.#forgetBefore(until);
    this.#options.onSound({ startSample, first, second });
  }

  #forgetBefore(sample: number): void {
    const { start } = this.#sound;
    this.#sound.forgetBefore(sample);
    this.#options.onHeld((start - this.#sound.start) * Float32Array.BYTES_PER_ELEMENT);
  }
}
