/** The seven emotions, in the order of every probability vector. Frozen: a change is a new protocol version. */
export const EMOTION_LABELS = ['anger', 'disgust', 'fear', 'joy', 'neutral', 'sadness', 'surprise'] as const;
/** One of {@link EMOTION_LABELS}. */
export type EmotionLabel = (typeof EMOTION_LABELS)[number];

/** The seven sentiment classes from strongly negative to strongly positive, in the order of every distribution. */
export const SENTIMENT_CLASSES = [-3, -2, -1, 0, 1, 2, 3] as const;

/** The three modalities of an utterance, in the order of every per-modality vector. */
export const MODALITIES = ['text', 'audio', 'video'] as const;
/** One of {@link MODALITIES}. */
export type Modality = (typeof MODALITIES)[number];

/**
 * What the model could use of a modality:
 * `ok` used; `noisy` used, but its signal is poor; `absent` the participant sends none, or none that can be used;
 * `late` expected (the track exists) but not there yet: a higher revision follows when it arrives.
 */
export type ModalityState = 'ok' | 'noisy' | 'absent' | 'late';

/**
 * Why a modality that exists counts as absent or noisy. `unsupported-language`: the words are in a language that the model
 * does not read; they are `absent`. `mouth-covered`: a mask or a hand covers the mouth; the face is `noisy`. An event may carry
 * a reason that a client does not know.
 */
export type ModalityReason = 'unsupported-language' | 'mouth-covered';

/** What a participant is in the call. */
export const PARTICIPANT_ROLES = ['customer', 'agent', 'attendee', 'unknown'] as const;
/** One of {@link PARTICIPANT_ROLES}. */
export type ParticipantRole = (typeof PARTICIPANT_ROLES)[number];

/** One speaker of a session. `id` is unique in the session; `displayName` is shown to people and never logged. */
export interface Participant {
  readonly id: string;
  readonly role: ParticipantRole;
  readonly displayName: string | null;
}

/** Why an utterance ended. */
export type UtteranceEndReason = 'silence' | 'transcript-final' | 'max-length' | 'track-end';

/** Why a session ended. `overloaded`: the server was short of memory, and the session held the most. */
export type SessionEndReason = 'completed' | 'disconnected' | 'idle' | 'shutdown' | 'overloaded' | 'failed';

/** Fields of every event. */
export interface EventEnvelope {
  readonly sessionId: string;
  /**
   * The log of the session in which `sequence` counts. A session that is opened again with the same id has another log.
   * Missing from older servers, and without a log, as in the analysis of a recording.
   */
  readonly epoch?: string;
  /** Position in the session's event log: starts at 1, rises by exactly 1. Resume after the last one you have seen. */
  readonly sequence: number;
  /**
   * Where the event stands among the events of all sessions, `<epoch>:<number>`. Only in the stream of all sessions: resume
   * that stream after the last one you have seen.
   */
  readonly position?: string;
  /** Media time of the event's subject, in ms since the session's first frame. */
  readonly mediaTimeMs: number;
  /** W3C trace context of the session (`00-<trace id>-<span id>-<flags>`), the publisher's own if it sent one. */
  readonly traceparent: string;
}

/** The first event of a session. */
export interface SessionStarted extends EventEnvelope {
  readonly type: 'session.started';
  /** Wall-clock time, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly title: string | null;
  /** Id of the model that scores this session, as `<bundle>@<version>`. */
  readonly modelId: string;
}

/** A participant began to speak. */
export interface UtteranceStarted extends EventEnvelope {
  readonly type: 'utterance.started';
  readonly utteranceId: string;
  readonly participant: Participant;
  /** Start of the voice, or of interim words where none is heard, in ms of media time. */
  readonly startMs: number;
}

/** How probable each emotion is. */
export interface EmotionScore {
  /** The most probable label, whether or not the answer is certain. */
  readonly label: EmotionLabel;
  /**
   * Whether `confidence` reaches the threshold of the server's operating point. False means unclear: show the label in muted
   * text, and do not count it. Missing if the server or its model sets no threshold.
   */
  readonly certain?: boolean;
  /** Calibrated probability of `label`, 0…1. */
  readonly confidence: number;
  /** Calibrated probability per label, each 0…1, summing to 1. */
  readonly probabilities: Readonly<Record<EmotionLabel, number>>;
}

/** How negative or positive the utterance is. */
export interface SentimentScore {
  /** Expected value of the distribution, −3 (strongly negative) … 3 (strongly positive). */
  readonly score: number;
  /** Seven probabilities in the order of {@link SENTIMENT_CLASSES}, summing to 1. */
  readonly probabilities: readonly number[];
}

/** Probability that the speaker is dissatisfied with a service, a product or an answer. */
export interface DissatisfactionScore {
  /** Calibrated probability, 0…1. */
  readonly probability: number;
  /** Whether `probability` is at or above the threshold of the server's operating point. */
  readonly likely: boolean;
}

/** Report on one modality of a result. */
export interface ModalityReport {
  readonly state: ModalityState;
  /** Share of the evidence for the reported label from this modality, 0…1; the three sum to 1. 0 if unused. */
  readonly contribution: number;
  /** Signal quality, 0 (useless) … 1 (clean); null where there is no signal to judge. */
  readonly quality: number | null;
  /** Why a modality that exists counts as absent or noisy; a {@link ModalityReason} or one that a later server tells. */
  readonly reason?: string;
}

/** The same participant's earlier utterances in this session, with which the voice was compared. */
export interface VoiceBaseline {
  /** How many earlier utterances that were, at least 1. */
  readonly utterances: number;
}

/** Report on the voice. */
export interface AudioReport extends ModalityReport {
  /** Missing if the participant has no earlier utterance with a voice, or if the model does not compare. */
  readonly baseline?: VoiceBaseline;
}

/** Report on each modality. */
export interface ModalityReports {
  readonly text: ModalityReport;
  readonly audio: AudioReport;
  readonly video: ModalityReport;
}

/** The words of an utterance. */
export interface UtteranceTranscript {
  readonly text: string;
}

/**
 * The sets of modalities in which the model looks for evidence: each alone, in pairs, all three, and the unions of two
 * pairs, which are named by the modality that both pairs share.
 */
export const EVIDENCE_SETS = [
  'text',
  'audio',
  'video',
  'text-audio',
  'text-video',
  'audio-video',
  'text-audio-video',
  'pairs-of-text',
  'pairs-of-audio',
  'pairs-of-video',
] as const;
/** One of {@link EVIDENCE_SETS}. */
export type EvidenceSet = (typeof EVIDENCE_SETS)[number];

/** Weight of a word in the model's encoding of the text. */
export interface WordWeight {
  /** Half-open range `[start, end)` of the transcript's text, in UTF-16 code units. A word has its punctuation. */
  readonly start: number;
  readonly end: number;
  /** 0…1; the words sum to 1. A word of which only a part was read has the weight of that part. */
  readonly weight: number;
}

/** What the model's label rests on. A hint for people, not a proof. */
export interface Explanation {
  /** The words that were read, in order; empty without a transcript. Of a text that is too long for the model its end is read. */
  readonly words: readonly WordWeight[];
  /**
   * Share of each set in the evidence for the reported label, −1…1, absolute values summing to 1: below 0 if the set
   * speaks against the label, exactly 0 if one of its modalities is missing. null if the model does not provide it.
   */
  readonly sets: Readonly<Record<EvidenceSet, number>> | null;
}

/**
 * The result for an utterance. Revision 0 is sent as soon as voice and face are known. A higher revision replaces it when
 * words arrive or are corrected.
 */
export interface UtteranceEmotion extends EventEnvelope {
  readonly type: 'utterance.emotion';
  readonly utteranceId: string;
  readonly participant: Participant;
  readonly revision: number;
  /** Half-open range `[startMs, endMs)` in media time. */
  readonly startMs: number;
  readonly endMs: number;
  readonly endedBy: UtteranceEndReason;
  readonly emotion: EmotionScore;
  readonly sentiment: SentimentScore;
  /** Missing where no words were read, and where the server or its model does not judge it. */
  readonly dissatisfaction?: DissatisfactionScore;
  readonly modalities: ModalityReports;
  readonly transcript: UtteranceTranscript | null;
  /** Missing when the model tells nothing about its answers. */
  readonly explanation?: Explanation;
  readonly modelId: string;
  /**
   * Time from the cause to this event, in ms: from the decision that the utterance ended (revision 0),
   * or from the arrival of the words (higher revisions).
   */
  readonly latencyMs: number;
}

/** An utterance could not be scored; the session goes on. */
export interface UtteranceFailed extends EventEnvelope {
  readonly type: 'utterance.failed';
  readonly utteranceId: string;
  readonly participant: Participant;
  readonly revision: number;
  readonly startMs: number;
  readonly endMs: number;
  /**
   * Stable, machine-readable: `model-overloaded`, `model-failed`, `model-timeout`, `features-failed`, `no-signal`,
   * `unsupported-language`, `analysis-lost`.
   */
  readonly code: string;
  /**
   * The stage of the server that failed, or that found nothing to score: `features` or `inference`. Later servers may
   * name others; older ones leave it out.
   */
  readonly stage?: string;
  /** One sentence for people, without any content of the call. */
  readonly message: string;
  /** The words, where they had come. */
  readonly transcript?: UtteranceTranscript;
}

/** The last event of a session. */
export interface SessionEnded extends EventEnvelope {
  readonly type: 'session.ended';
  readonly reason: SessionEndReason;
  /** Media time covered, in ms. */
  readonly durationMs: number;
  readonly utteranceCount: number;
}

/** Everything a subscriber receives. */
export type EmotionEvent = SessionStarted | UtteranceStarted | UtteranceEmotion | UtteranceFailed | SessionEnded;
