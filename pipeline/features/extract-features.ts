import { filter, finalize, type OperatorFunction, tap } from 'rxjs';
import type { AudioFeatures, FaceModels, FeatureNeeds, LanguageModel, VoiceEncoder } from '../../models/index.ts';
import type { Clock } from '../media/clock.ts';
import type { DecodeImage } from '../media/rgb-image.ts';
import { type MemoryAccount, UNCOUNTED } from '../support/memory-account.ts';
import { orderedMap } from '../support/ordered-map.ts';
import type {
  Utterance,
  UtteranceClosed,
  UtteranceMedia,
  UtteranceOpened,
  UtteranceSignal,
  UtteranceTranscribed,
} from '../window/utterance.ts';
import { SpeakerBaselines } from './audio/speaker-baseline.ts';
import { createVoiceStream, type VoiceStream } from './audio/voice-stream.ts';
import { createWordReader, type ReadWords } from './text/word-reader.ts';
import type {
  FeatureSignal,
  ModalityCondition,
  UtteranceFeatures,
  UtteranceFeaturesFailed,
} from './utterance-features.ts';
import { createFaceStream, type FaceResult, type FaceStream, type PictureDropReason } from './video/face-stream.ts';
import { WordsError } from './words-error.ts';

/** Closed utterances whose voice and face features are kept for a revision. The oldest are removed first. */
export const MAX_REVISABLE_UTTERANCES = 256;
/** Bytes that an utterance holds while it is spoken, besides its pictures: samples, contours and spectra of its voice. */
const LIVE_UTTERANCE_BYTES = 2 * 1024 * 1024;

export interface ExtractFeaturesOptions {
  readonly voice: VoiceEncoder;
  readonly faces: FaceModels;
  readonly language: LanguageModel;
  /** What the emotion model needs of the features. */
  readonly needs: FeatureNeeds;
  readonly decodeImage: DecodeImage;
  /** How far before the newest audio of an utterance its end may lie, ms. Default 20 000. */
  readonly lookBackMs?: number;
  /** Called with the media time of the oldest picture that waits for its search, ms (`Infinity`: none), when it changes. */
  readonly onPicturesProgress?: (pendingFromMs: number) => void;
  /** Called with 1 when the features of a closed utterance are first awaited, and with −1 when they are there. */
  readonly onUnscored?: (change: number) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How long a closed utterance waits for its pictures to be searched, in ms. Default: forever. */
  readonly pictureWaitMs?: number;
  /** Called for everything that is left out of an utterance's features. */
  readonly onDrop?: (drop: FeatureDrop) => void;
  /** Called with the measurements of each utterance. */
  readonly onMeasured?: (features: UtteranceFeatures) => void;
  /** Counts the bytes that are held. Default: not counted. */
  readonly memory?: MemoryAccount;
}

/** Why something was left out of an utterance's features. */
export type FeatureDropReason =
  | PictureDropReason
  /** A second of the voice was not encoded, because too many seconds were waiting for the encoder. */
  | 'voice-overflow'
  /** Words arrived for an utterance that is too old to be revised. */
  | 'revision-expired';

export interface FeatureDrop {
  readonly reason: FeatureDropReason;
  readonly count: number;
  readonly utteranceId: string;
  readonly participantId: string;
  readonly trackId?: string;
  /** Media time of what was dropped, in ms. */
  readonly mediaTimeMs?: number;
  readonly cause?: unknown;
}

type VoiceAndFace = Omit<UtteranceFeatures['tensors'], 'text'> & {
  readonly conditions: { readonly audio: ModalityCondition; readonly video: ModalityCondition };
};

interface LiveUtterance {
  readonly audio: VoiceStream;
  audioSamples: number;
  readonly startMs: number;
  readonly video: FaceStream;
  images: number;
  /** The first error with its media. Its features fail with this error. */
  failure: { readonly cause: unknown } | null;
}

interface ClosedUtterance {
  readonly voiceAndFace: Promise<VoiceAndFace>;
  revision: number;
  /** Bytes of {@link voiceAndFace}, once they are known. */
  bytes: number;
}

const ABSENT: ModalityCondition = { state: 'absent', quality: null };
const OTHER_LANGUAGE: ModalityCondition = { ...ABSENT, reason: 'unsupported-language' };
const NO_FACE: FaceResult = { faces: null, state: 'absent', quality: null };

/**
 * Computes an utterance's features while it is spoken, so that little is left to do when it ends. Voice and face are
 * computed once, words at every revision. Emits in the order of the decisions.
 */
export function extractFeatures(options: ExtractFeaturesOptions): OperatorFunction<UtteranceSignal, FeatureSignal> {
  const { lookBackMs, clock, pictureWaitMs: waitMs, memory = UNCOUNTED } = options;
  const { onDrop = () => {}, onMeasured = () => {}, onUnscored = () => {} } = options;
  const voiceOptions = { encoder: options.voice, ...(lookBackMs !== undefined && { lookBackMs }) };
  return (source) => {
    const { needs, language } = options;
    const readWords = createWordReader({ needs, language, onHeld: (bytes) => memory.hold('words', bytes) });
    const baselines = needs.takesBaseline ? new SpeakerBaselines((bytes) => memory.hold('features', bytes)) : null;
    const live = new Map<string, LiveUtterance>();
    const closed = new Map<string, ClosedUtterance>();
    /** Face streams that may still have pictures to search. */
    const looking = new Set<FaceStream>();

    const reportPictures = (): void => {
      let pendingFromMs = Number.POSITIVE_INFINITY;
      for (const stream of looking) pendingFromMs = Math.min(pendingFromMs, stream.pendingFromMs());
      options.onPicturesProgress?.(pendingFromMs);
    };

    const open = ({ utteranceId, startMs, participant }: UtteranceOpened): void => {
      const subject = { utteranceId, participantId: participant.id };
      const video = createFaceStream({
        faces: options.faces,
        decodeImage: options.decodeImage,
        onLook: reportPictures,
        ...(clock && { clock }),
        ...(waitMs !== undefined && { waitMs }),
        onDrop: (reason, { trackId, startMs: mediaTimeMs }, cause) =>
          onDrop({ reason, count: 1, ...subject, trackId, mediaTimeMs, cause }),
        memory,
      });
      memory.hold('features', LIVE_UTTERANCE_BYTES);
      looking.add(video);
      live.set(utteranceId, {
        audio: createVoiceStream({
          ...voiceOptions,
          onOverflow: () => onDrop({ reason: 'voice-overflow', count: 1, ...subject }),
        }),
        audioSamples: 0,
        startMs,
        video,
        images: 0,
        failure: null,
      });
    };

    const take = ({ utteranceId, frame }: UtteranceMedia): void => {
      const utterance = live.get(utteranceId);
      if (utterance === undefined) return;
      if (frame.kind === 'audio') {
        if (utterance.failure !== null) return;
        try {
          utterance.audio.push(frame.samples);
        } catch (cause) {
          utterance.failure = { cause };
        }
        utterance.audioSamples += frame.samples.length;
      } else {
        utterance.video.push(frame);
        utterance.images++;
        reportPictures();
      }
    };

    const close = (signal: UtteranceClosed): Promise<FeatureSignal> => {
      const { utterance } = signal;
      const stream = live.get(utterance.id);
      live.delete(utterance.id);
      const measured = finishVoiceAndFace(stream, utterance.endMs).finally(() => {
        if (stream === undefined) return;
        looking.delete(stream.video);
        memory.hold('features', -LIVE_UTTERANCE_BYTES);
      });
      const voiceAndFace = compare(utterance.participant.id, measured);
      if (closed.size >= MAX_REVISABLE_UTTERANCES) forget(closed.keys().next().value!);
      keep(utterance.id, voiceAndFace);
      return assemble(signal, voiceAndFace, 0, signal.decidedAtMs);
    };

    /** Adds the speaker's baseline. It is read once, so that every revision has the same. */
    const compare = async (participantId: string, measured: Promise<VoiceAndFace>): Promise<VoiceAndFace> => {
      const before = baselines?.add(
        participantId,
        measured.then(({ audio }) => audio),
      );
      const result = await measured;
      const baseline = result.audio === null ? null : ((await before) ?? null);
      if (baseline === null) return result;
      const { conditions } = result;
      const audio = { ...conditions.audio, baselineUtterances: baseline.utterances };
      return { ...result, baseline, conditions: { ...conditions, audio } };
    };

    const keep = (utteranceId: string, voiceAndFace: Promise<VoiceAndFace>): void => {
      forget(utteranceId);
      const entry: ClosedUtterance = { voiceAndFace, revision: 0, bytes: 0 };
      closed.set(utteranceId, entry);
      voiceAndFace.then(
        ({ audio, video, baseline }) => {
          if (closed.get(utteranceId) !== entry) return;
          const voiceBytes = (audio?.byteLength ?? 0) + (baseline?.mean.byteLength ?? 0);
          entry.bytes = voiceBytes + (video?.pixels.byteLength ?? 0);
          memory.hold('features', entry.bytes);
        },
        () => {},
      );
    };

    const forget = (utteranceId: string): void => {
      memory.hold('features', -(closed.get(utteranceId)?.bytes ?? 0));
      closed.delete(utteranceId);
    };

    const revise = (signal: UtteranceTranscribed): Promise<FeatureSignal> | null => {
      const { id, participant } = signal.utterance;
      const known = closed.get(id);
      if (known === undefined) {
        onDrop({ reason: 'revision-expired', count: 1, utteranceId: id, participantId: participant.id });
        return null;
      }
      known.revision++;
      return assemble(signal, known.voiceAndFace, known.revision, signal.arrivedAtMs);
    };

    const readOrThrow = (utterance: Utterance, spoken: string): ReadWords => {
      try {
        return readWords(utterance, spoken);
      } catch (cause) {
        throw new WordsError(cause);
      }
    };

    const assemble = async (
      signal: UtteranceClosed | UtteranceTranscribed,
      voiceAndFace: Promise<VoiceAndFace>,
      revision: number,
      causedAtMs: number,
    ): Promise<UtteranceFeatures | UtteranceFeaturesFailed> => {
      onUnscored(1);
      try {
        const spoken = signal.transcript.map((segment) => segment.text.trim()).join(' ');
        // Called before any `await`: the words of a call must be read in the order of the decisions.
        const read = readOrThrow(signal.utterance, spoken);
        const { conditions, ...measured } = await voiceAndFace;
        const features: UtteranceFeatures = {
          kind: 'features',
          utterance: signal.utterance,
          revision,
          tensors: { text: read.tokens, ...measured },
          conditions: { text: toTextCondition(read, signal), ...conditions },
          text: read.tokens === null && !read.isForeign ? null : spoken,
          words: read.words,
          causedAtMs,
        };
        onMeasured(features);
        return features;
      } catch (cause) {
        return { kind: 'features-failed', utterance: signal.utterance, revision, cause };
      } finally {
        onUnscored(-1);
      }
    };

    return source.pipe(
      tap((signal) => {
        if (signal.kind === 'opened') open(signal);
        else if (signal.kind === 'media') take(signal);
      }),
      filter((signal) => signal.kind !== 'media'),
      orderedMap((signal): FeatureSignal | null | Promise<FeatureSignal | null> => {
        if (signal.kind === 'opened') return signal;
        return signal.kind === 'closed' ? close(signal) : (revise(signal) ?? null);
      }),
      filter((signal) => signal !== null),
      finalize(() => {
        for (const stream of looking) stream.abandon();
      }),
    );
  };
}

function toTextCondition(
  { tokens, isForeign }: ReadWords,
  { tracks }: UtteranceClosed | UtteranceTranscribed,
): ModalityCondition {
  if (isForeign) return OTHER_LANGUAGE;
  if (tokens !== null) return { state: 'ok', quality: null };
  return { state: tracks.text ? 'late' : 'absent', quality: null };
}

async function finishVoiceAndFace(stream: LiveUtterance | undefined, endMs: number): Promise<VoiceAndFace> {
  const conditions = { audio: ABSENT, video: ABSENT };
  if (stream === undefined) return { audio: null, video: null, baseline: null, conditions };
  if (stream.failure !== null) throw stream.failure.cause;
  const [{ audio, voice }, face] = await Promise.all([
    finishVoice(stream, endMs),
    stream.images === 0 ? NO_FACE : stream.video.finish(endMs),
  ]);
  return {
    audio,
    video: face.faces,
    baseline: null,
    conditions: { audio: voice, video: { state: face.state, quality: face.quality } },
  };
}

async function finishVoice(
  stream: LiveUtterance,
  endMs: number,
): Promise<{ readonly audio: AudioFeatures | null; readonly voice: ModalityCondition }> {
  if (stream.audioSamples === 0) return { audio: null, voice: ABSENT };
  const lengthSamples = Math.min(stream.audioSamples, Math.round(((endMs - stream.startMs) * 16_000) / 1000));
  const { features, state, quality } = await stream.audio.finish(lengthSamples);
  return { audio: state === 'absent' ? null : features, voice: { state, quality } };
}
