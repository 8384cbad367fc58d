import type { VoiceKernels } from '../kernels/voice-kernels.ts';
import { wasmKernels } from '../kernels/wasm-kernels.ts';
import type { SampleBuffer } from '../sample-buffer.ts';
import { Formants } from './formants.ts';
import { HOP_SAMPLES, LONG_FFT_SIZE, LONG_FRAME_SAMPLES, SHORT_FRAME_SAMPLES, wholeFrames } from './framing.ts';
import { Harmonics } from './harmonics.ts';
import { LowLevelDescriptors } from './low-level-descriptors.ts';
import { PitchCandidates } from './pitch-candidates.ts';
import { PITCH_LAG_FRAMES, PitchPath } from './pitch-path.ts';
import { PERIOD_REACH_SAMPLES, VoiceQuality } from './voice-quality.ts';

const SEMITONE_ORIGIN_HZ = 27.5;
/** Samples before an utterance's end that it needs when it ends: the undecided frames and their look-back. */
export const EGEMAPS_REACH_SAMPLES = (PITCH_LAG_FRAMES + 2) * HOP_SAMPLES + LONG_FRAME_SAMPLES + PERIOD_REACH_SAMPLES;
/** Frames whose windowed root mean square is not above this have no pitch. openSMILE takes 32767 for full scale. */
const SILENCE_RMS = (0.001 * 32_767) / 32_768;
const RING_FRAMES = 64;
const LONG_BINS = LONG_FFT_SIZE / 2 + 1;
/** Where a short frame's values have the flux. */
const FLUX = 6;

export interface DescriptorStreamOptions {
  /** How far before the newest sample the end may lie. */
  readonly lookBackSamples: number;
  /** Whether to compute formants in every frame, or only in voiced frames, which is faster. */
  readonly formantsIn: 'every-frame' | 'voiced-frames';
  /** Default: those of the thread. */
  readonly kernels?: VoiceKernels;
}

/**
 * The low-level descriptors of eGeMAPSv02, before they are smoothed. Frames are analysed as samples come; voiced
 * descriptors and formants follow the pitch path, which decides {@link PITCH_LAG_FRAMES} frames later.
 */
export class DescriptorStream {
  readonly #buffer: SampleBuffer;
  readonly #kernels: VoiceKernels;
  /** Of the latest short frame. */
  readonly #fluxMagnitudes: Float32Array;
  /** Magnitudes of the latest long frames. */
  readonly #ring = Array.from({ length: RING_FRAMES }, () => new Float32Array(LONG_BINS));
  readonly #formants: Formants;
  readonly #candidates: PitchCandidates;
  readonly #path = new PitchPath();
  readonly #harmonics: Harmonics;
  readonly #voiceQuality: VoiceQuality;
  readonly #lookBackFrames: number;
  readonly #formantsEverywhere: boolean;
  readonly #lld = new LowLevelDescriptors();
  #shortFrames = 0;
  #decided = 0;
  /** Index of the utterance's sample that is the kernels' first. */
  #loadedFrom = 0;

  /** @param buffer must hold {@link EGEMAPS_REACH_SAMPLES} before any end. */
  constructor(buffer: SampleBuffer, options: DescriptorStreamOptions) {
    const { lookBackSamples, formantsIn, kernels = wasmKernels } = options;
    this.#buffer = buffer;
    this.#kernels = kernels;
    this.#fluxMagnitudes = new Float32Array(kernels.fluxMagnitudes.length);
    this.#formants = new Formants(kernels);
    this.#candidates = new PitchCandidates(kernels);
    this.#harmonics = new Harmonics(kernels);
    this.#voiceQuality = new VoiceQuality(kernels);
    this.#formantsEverywhere = formantsIn === 'every-frame';
    this.#lookBackFrames = Math.ceil(lookBackSamples / HOP_SAMPLES) + PITCH_LAG_FRAMES + 2;
  }

  /** All descriptors of frames before {@link settledFrames} are known. */
  get lld(): LowLevelDescriptors {
    return this.#lld;
  }

  /** Number of frames whose descriptors are final, unless the utterance ends before the newest sample. */
  get settledFrames(): number {
    return this.#decided;
  }

  /** Analyses the frames that the buffer completes. */
  advance(): void {
    const length = this.#buffer.length;
    const shortEnd = wholeFrames(length, SHORT_FRAME_SAMPLES);
    const longEnd = wholeFrames(length, LONG_FRAME_SAMPLES);
    if (this.#shortFrames === shortEnd) return;
    this.#load(length);
    this.#kernels.fluxMagnitudes.set(this.#fluxMagnitudes);
    while (this.#shortFrames < shortEnd) this.#analyzeShort(this.#shortFrames++);
    this.#fluxMagnitudes.set(this.#kernels.fluxMagnitudes);
    while (this.#path.frameCount < longEnd) {
      const frame = this.#path.frameCount;
      this.#analyzeLong(frame);
      this.#decide(Math.max(0, frame + 1 - PITCH_LAG_FRAMES), frame);
    }
    this.#forget(this.#path.frameCount - this.#lookBackFrames);
  }

  /**
   * Ends the utterance: settles the frames that lie wholly inside it.
   *
   * The functionals of openSMILE leave out the frames at the end whose pitch would still depend on later frames: the
   * last frame, and often the one before it.
   * @param lengthSamples where it ends; at most what was appended to the buffer.
   * @returns how many frames' voices take part in functionals.
   */
  finish(lengthSamples: number): number {
    const longFrames = wholeFrames(lengthSamples, LONG_FRAME_SAMPLES);
    this.#decided = Math.min(this.#decided, Math.max(0, longFrames - PITCH_LAG_FRAMES));
    this.#load(lengthSamples);
    this.#decide(longFrames, longFrames - 1);
    const last = longFrames - 1;
    return Math.max(0, last > 0 && this.#path.agreesAt(last - 1, last) ? last : last - 1);
  }

  /** Frees data that only {@link finish} would need, for frames that no end can reach any more. */
  #forget(before: number): void {
    if (before <= 0) return;
    this.#path.forgetBefore(before);
    this.#voiceQuality.forgetBefore(before);
    this.#lld.rms.forgetBefore(before);
    this.#lld.pitchHz.forgetBefore(before);
  }

  /** Copies all samples up to `end` that the next frames to analyse and to decide read. */
  #load(end: number): void {
    this.#loadedFrom = Math.max(0, this.#decided * HOP_SAMPLES - PERIOD_REACH_SAMPLES);
    this.#buffer.copyTo(this.#kernels.samples, this.#loadedFrom, end);
  }

  /** Where the frame begins in the kernels' samples. */
  #at(frame: number): number {
    return frame * HOP_SAMPLES - this.#loadedFrom;
  }

  #analyzeShort(frame: number): void {
    const { shortValues } = this.#kernels;
    this.#kernels.analyzeShort(this.#at(frame));
    if (frame === 0) shortValues[FLUX] = 0;
    this.#lld.setShort(frame, shortValues);
  }

  #analyzeLong(frame: number): void {
    const energy = this.#kernels.transformLong(this.#at(frame));
    this.#ring[frame % RING_FRAMES]!.set(this.#kernels.magnitudes);
    this.#lld.rms.set(frame, Math.sqrt(energy / LONG_FRAME_SAMPLES));
    this.#candidates.analyze();
    this.#path.push(this.#candidates.hz, this.#candidates.voicing);
  }

  /** Decides the pitch of the frames up to `end`, and everything derived from it. Frames up to `last` are known. */
  #decide(end: number, last: number): void {
    if (end <= this.#decided) return;
    this.#path.trace(this.#decided, end, last, this.#lld.pitchHz);
    for (; this.#decided < end; this.#decided++) this.#analyzeVoice(this.#decided);
  }

  #analyzeVoice(frame: number): void {
    if (this.#lld.rms.at(frame) <= SILENCE_RMS) this.#lld.pitchHz.set(frame, 0);
    const hz = this.#lld.pitchHz.at(frame);
    if (hz > 0 || this.#formantsEverywhere) {
      this.#formants.analyze(this.#at(frame));
      this.#lld.setFormants(frame, this.#formants);
    }
    this.#lld.semitones.set(frame, hz > 0 ? 12 * Math.log2(hz / SEMITONE_ORIGIN_HZ) : 0);
    if (hz > 0) this.#loadMagnitudes(frame);
    this.#harmonics.analyze(hz, this.#lld.formantHzAt(frame));
    this.#voiceQuality.analyze(frame, hz, this.#loadedFrom);
    this.#lld.setVoice(frame, this.#voiceQuality, this.#harmonics);
  }

  /** An end long before the last sample needs frames that have left the ring. */
  #loadMagnitudes(frame: number): void {
    if (this.#path.frameCount - frame > RING_FRAMES) this.#kernels.transformLong(this.#at(frame));
    else this.#kernels.magnitudes.set(this.#ring[frame % RING_FRAMES]!);
  }
}
