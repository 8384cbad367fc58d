import type { EmotionEvent, ParticipantRole } from './emotion-event.ts';

/** Opens (or, with the id of a live session, joins) a session. The first message of a publisher. */
export interface SessionStart {
  readonly type: 'session.start';
  readonly version: 1;
  /** 1…64 of `A-Z a-z 0-9 . _ -`; the server chooses one when it is left out. */
  readonly sessionId?: string;
  /** Up to 200 characters, shown in the dashboard. */
  readonly title?: string;
  /** W3C trace context that every event of the session repeats. */
  readonly traceparent?: string;
}

/** Who is heard or seen on a track. */
export interface ParticipantInfo {
  /** 1…64 of `A-Z a-z 0-9 . _ -`, unique in the session. */
  readonly id: string;
  /** Default `unknown`. */
  readonly role?: ParticipantRole;
  /** Up to 100 characters. */
  readonly displayName?: string;
}

/** Sample formats of an audio track; both little-endian, interleaved channels are mixed down to mono. */
export type AudioEncoding = 'pcm-s16le' | 'pcm-f32le';

/**
 * Pictures of a video track, one a packet. `jpeg`, `png`, `webp`: one whole still image, in which the server finds the
 * face. `face-gray-64`: an aligned face that the publisher found itself, 64×64 gray values as {@link filterFaceCrop}
 * makes them, as a raw DEFLATE stream; `docs/protocol.md` says where its eyes must lie.
 */
export const VIDEO_ENCODINGS = ['jpeg', 'png', 'webp', 'face-gray-64'] as const;
/** One of {@link VIDEO_ENCODINGS}. */
export type VideoEncoding = (typeof VIDEO_ENCODINGS)[number];

/** What a track carries, and how. */
export type TrackMedia =
  /** `sampleRateHz` 8000…96000, `channelCount` 1…2 (default 1). */
  | {
      readonly kind: 'audio';
      readonly encoding: AudioEncoding;
      readonly sampleRateHz: number;
      readonly channelCount?: number;
    }
  | { readonly kind: 'video'; readonly encoding: VideoEncoding }
  | { readonly kind: 'transcript'; readonly language?: string };

/** Announces a track before its first packet. A participant has at most one track of each kind. */
export interface TrackAdd {
  readonly type: 'track.add';
  /** 0…65535, chosen by the publisher, unique in the connection. */
  readonly track: number;
  readonly participant: ParticipantInfo;
  readonly media: TrackMedia;
}

/** Words of a transcript track. A repeated `segmentId` replaces the segment. Only final segments become text. */
export interface TranscriptMessage {
  readonly type: 'transcript';
  readonly track: number;
  /** 1…64 characters. */
  readonly segmentId: string;
  /** Media time, ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** Up to 10 000 characters. */
  readonly text: string;
  readonly final: boolean;
}

/** Speech recognisers whose own messages the server reads. */
export const TRANSCRIPT_SOURCES = [
  'assemblyai',
  'aws',
  'azure',
  'deepgram',
  'elevenlabs',
  'gladia',
  'google',
  'openai',
  'soniox',
  'speechmatics',
  'vosk',
  'whisper',
] as const;
/** One of {@link TRANSCRIPT_SOURCES}. */
export type TranscriptSourceName = (typeof TRANSCRIPT_SOURCES)[number];

/** One unchanged message of a speech recogniser. The server reads the words and their times from it. */
export interface TranscriptResult {
  readonly type: 'transcript.result';
  /** 1…8 transcript tracks: the first takes the words of the recogniser's first channel, and so on. If it hears one channel
   * and labels the speakers, the first takes those of the speaker who speaks first. */
  readonly tracks: readonly number[];
  readonly source: TranscriptSourceName;
  /** Added to the recogniser's times to give media time, in ms: where its audio began. Default 0; may be negative. */
  readonly offsetMs?: number;
  readonly result: Readonly<Record<string, unknown>>;
}

/** The track has ended. */
export interface TrackEnd {
  readonly type: 'track.end';
  readonly track: number;
}

/** The call is over: open utterances are finished, then the server closes the socket with 1000. */
export interface SessionEnd {
  readonly type: 'session.end';
}

/** Everything a publisher sends as text. Media goes in binary packets ({@link MediaPacket}). */
export type PublisherMessage = SessionStart | TrackAdd | TranscriptMessage | TranscriptResult | TrackEnd | SessionEnd;

/** Stands for all sessions in {@link Subscribe.sessionId}. */
export const ALL_SESSIONS = '*';

/** The first and only message of a subscriber. */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly version: 1;
  /** The session to follow, or {@link ALL_SESSIONS}: the events of all sessions in one stream. */
  readonly sessionId: string;
  /**
   * Last sequence already seen; events after it are sent. 0 (the default) sends all that the server still holds. For all
   * sessions: the number in the position of the last event seen.
   */
  readonly afterSequence?: number;
  /** Epoch of the log in which `afterSequence` counts. Default: the current log. */
  readonly epoch?: string;
  /** Types of the events to send. Default: all. */
  readonly types?: readonly EmotionEvent['type'][];
  /** Roles of the participants whose events are sent. Events about the session itself are always sent. Default: all. */
  readonly roles?: readonly ParticipantRole[];
  /** Whether to wait for the session if it does not exist yet. Default false: the server refuses. */
  readonly wait?: boolean;
}

/** Everything a subscriber sends. */
export type SubscriberMessage = Subscribe;
