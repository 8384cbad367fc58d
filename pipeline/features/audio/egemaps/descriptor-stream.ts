import { RealFft } from '../fft.ts';
import type { SampleBuffer } from '../sample-buffer.ts';
import { AuditorySpectrum } from './auditory-spectrum.ts';
import { Formants } from './formants.ts';
import {
  gaussWindow,
  HOP_SAMPLES,
  hammingWindow,
  LONG_FFT_SIZE,
  LONG_FRAME_SAMPLES,
  SHORT_FFT_SIZE,
  SHORT_FRAME_SAMPLES,
  wholeFrames,
} from './framing.ts';
import { Harmonics } from './harmonics.ts';
import { LowLevelDescriptors } from './low-level-descriptors.ts';
import { OctaveSpectrum } from './octave-spectrum.ts';
import { PitchCandidates } from './pitch-candidates.ts';
import { PITCH_LAG_FRAMES, PitchPath } from './pitch-path.ts';
import { SpectralShape } from './spectral-shape.ts';
import { PERIOD_REACH_SAMPLES, VoiceQuality } from './voice-quality.ts';

const SHORT_OFFSET = (SHORT_FFT_SIZE - SHORT_FRAME_SAMPLES) / 2;
const SEMITONE_ORIGIN_HZ = 27.5;
/** Samples before an utterance's end that it needs when it ends: the undecided frames and their look-back. */
export const EGEMAPS_REACH_SAMPLES = (PITCH_LAG_FRAMES + 2) * HOP_SAMPLES + LONG_FRAME_SAMPLES + PERIOD_REACH_SAMPLES;
/** Frames whose windowed root mean square is not above this have no pitch. openSMILE takes 32767 for full scale. */
const SILENCE_RMS = (0.001 * 32_767) / 32_768;
const RING_FRAMES = 64;
const SHORT_BINS = SHORT_FFT_SIZE / 2 + 1;
const LONG_BINS = LONG_FFT_SIZE / 2 + 1;

const shortWindow = hammingWindow(SHORT_FRAME_SAMPLES);
const longWindow = gaussWindow(LONG_FRAME_SAMPLES, 0.4);

export interface DescriptorStreamOptions {
  /** How far before the newest sample the end may lie. */
  readonly lookBackSamples: number;
  /** Whether to compute formants in every frame, or only in voiced frames, which is faster. */
  readonly formantsIn: 'every-frame' | 'voiced-frames';
}

/**
 * The low-level descriptors of eGeMAPSv02, before they are smoothed. Frames are analysed as samples come; voiced
 * descriptors and formants follow the pitch path, which decides {@link PITCH_LAG_FRAMES} frames later.
 */
export class DescriptorStream {
  readonly #buffer: SampleBuffer;
  readonly #shortFft = new RealFft(SHORT_FFT_SIZE);
  readonly #longFft = new RealFft(LONG_FFT_SIZE);
  readonly #shortFrame = new Float64Array(SHORT_FFT_SIZE);
  readonly #longFrame = new Float64Array(LONG_FFT_SIZE);
  readonly #re = new Float64Array(SHORT_BINS);
  readonly #im = new Float64Array(SHORT_BINS);
  readonly #power = new Float64Array(SHORT_BINS);
  /** Magnitudes of the latest long frames, one row of {@link LONG_BINS} each. */
  readonly #ring = Array.from({ length: RING_FRAMES }, () => new Float64Array(LONG_BINS));
  readonly #auditory = new AuditorySpectrum();
  readonly #shape = new SpectralShape();
  readonly #formants = new Formants();
  readonly #octaves = new OctaveSpectrum();
  readonly #candidates = new PitchCandidates();
  readonly #path = new PitchPath();
  readonly #harmonics = new Harmonics();
  readonly #voiceQuality = new VoiceQuality();
  readonly #lookBackFrames: number;
  readonly #formantsEverywhere: boolean;
  readonly #lld = new LowLevelDescriptors();
  #shortFrames = 0;
  #decided = 0;

  /** @param buffer must hold {@link EGEMAPS_REACH_SAMPLES} before any end. */
  constructor(buffer: SampleBuffer, { lookBackSamples, formantsIn }: DescriptorStreamOptions) {
    this.#buffer = buffer;
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
    while (this.#shortFrames < wholeFrames(length, SHORT_FRAME_SAMPLES)) this.#analyzeShort(this.#shortFrames++);
    while (this.#path.frameCount < wholeFrames(length, LONG_FRAME_SAMPLES)) {
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

  #analyzeShort(frame: number): void {
    const energy = this.#windowShort(frame);
    this.#shortFft.power(this.#shortFrame, this.#power);
    this.#auditory.analyze(this.#power);
    this.#shape.analyze(this.#power);
    this.#lld.setShort(frame, energy / SHORT_FRAME_SAMPLES, this.#auditory, this.#shape);
  }

  /** Returns the energy of the frame without the window. */
  #windowShort(frame: number): number {
    const { samples, first } = this.#buffer;
    const windowed = this.#shortFrame;
    const start = frame * HOP_SAMPLES - first;
    let energy = 0;
    for (let n = 0; n < SHORT_FRAME_SAMPLES; n++) {
      const sample = samples[start + n]!;
      energy += sample * sample;
      windowed[SHORT_OFFSET + n] = sample * shortWindow[n]!;
    }
    return energy;
  }

  #findFormants(frame: number): void {
    this.#windowShort(frame);
    this.#shortFft.transform(this.#shortFrame, this.#re, this.#im);
    this.#formants.analyze(this.#re, this.#im);
    this.#lld.setFormants(frame, this.#formants);
  }

  #analyzeLong(frame: number): void {
    const magnitudes = this.#ring[frame % RING_FRAMES]!;
    const energy = this.#transformLong(frame, magnitudes);
    this.#lld.rms.set(frame, Math.sqrt(energy / LONG_FRAME_SAMPLES));
    this.#octaves.analyze(magnitudes);
    this.#candidates.analyze(this.#octaves.values);
    this.#path.push(this.#candidates.hz, this.#candidates.voicing);
  }

  /** Returns the windowed frame's energy. */
  #transformLong(frame: number, magnitudes: Float64Array): number {
    const { samples, first } = this.#buffer;
    const windowed = this.#longFrame;
    const start = frame * HOP_SAMPLES - first;
    let energy = 0;
    for (let n = 0; n < LONG_FRAME_SAMPLES; n++) {
      const value = samples[start + n]! * longWindow[n]!;
      windowed[n] = value;
      energy += value * value;
    }
    this.#longFft.power(this.#longFrame, magnitudes);
    for (let bin = 0; bin < LONG_BINS; bin++) magnitudes[bin] = Math.sqrt(magnitudes[bin]!);
    return energy;
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
    if (hz > 0 || this.#formantsEverywhere) this.#findFormants(frame);
    this.#lld.semitones.set(frame, hz > 0 ? 12 * Math.log2(hz / SEMITONE_ORIGIN_HZ) : 0);
    const magnitudes = this.#ring[frame % RING_FRAMES]!;
    // An end long before the last sample needs frames that have left the ring. They overwrite only frames after the end.
    const overwritten = this.#path.frameCount - frame > RING_FRAMES;
    if (hz > 0 && overwritten) this.#transformLong(frame, magnitudes);
    this.#harmonics.analyze(hz, magnitudes, this.#lld.formantHzAt(frame));
    this.#voiceQuality.analyze(frame, hz, this.#buffer.samples, this.#buffer.first);
    this.#lld.setVoice(frame, this.#voiceQuality, this.#harmonics);
  }
}
