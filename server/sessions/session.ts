import { type OperatorFunction, Subject, type Subscription, tap } from 'rxjs';
import type {
  EmotionEvent,
  Participant,
  RefusalCode,
  SessionEndReason,
  SessionNotice,
  SessionSummary,
} from '../../client-sdk/protocol/index.ts';
import type { AnalyzeEmotionOptions, Clock, MediaFrame, PipelineDrop, TrackOpened } from '../../pipeline/index.ts';
import { allows, type Grant } from '../access/grant.ts';
import { lostUtterance } from '../analysis/lost-utterance.ts';
import { EventLog } from '../event-log/event-log.ts';
import type { LoggedEvent } from '../event-log/logged-event.ts';
import type { RunName, RunRecord } from '../history/history-store.ts';
import type { KeptRun } from '../history/history-writer.ts';
import { MemoryBudget } from '../memory/memory-budget.ts';
import type { SessionMemory } from '../memory/session-memory.ts';
import { MediaIntake } from './media-intake.ts';
import { ParticipantStates } from './participant-states.ts';
import { type Claimed, Participants } from './participants.ts';
import type { ResumedSession } from './resumed-session.ts';
import { ThreadTurns } from './thread-turns.ts';

/** What the analysis needs to know about its session. */
export type SessionAnalysis = Required<Pick<AnalyzeEmotionOptions, 'session' | 'endReason' | 'onBacklog'>> &
  Pick<AnalyzeEmotionOptions, 'toldBefore'> & {
    readonly memory: SessionMemory;
    /** Adds a speaker who was heard in a participant's track. Null: the session takes no more. */
    readonly addSpeaker: (of: Participant) => Participant | null;
  };

/** Creates the operator that turns one session's media into its events. */
export type Analyze = (analysis: SessionAnalysis) => OperatorFunction<MediaFrame, EmotionEvent>;

/** One member of a session, such as a publisher. The session lives while it has at least one. */
export interface SessionPart {
  /** Whether its source connects again by itself when the server closes it, to this server or another one. */
  readonly comesBack: boolean;
  /** What the member may do. */
  readonly grant: Grant;
  /** Releases a participant, because it now belongs to another holder. */
  release(participantId: string): void;
}

/** Stores sessions and their events. */
export interface SessionKeeper {
  /** Whether subscribers get an event only after it was stored. */
  readonly tellsWhenSafe: boolean;
  /** Whether a session that is left now can go on after the next start. */
  readonly isSafe: boolean;
  /** Stores an event, and tells it at the right time. */
  add(run: KeptRun, event: LoggedEvent): void;
  /** Stores that something about a session has changed. */
  changed(run: KeptRun): void;
}

export interface CallSessionOptions {
  readonly sessionId: string;
  /** Who opened the session, and what that holder may do. */
  readonly opener: Grant;
  readonly title: string | null;
  readonly traceparent: string;
  readonly analyze: Analyze;
  readonly clock: Clock;
  /** Events that are kept for subscribers. */
  readonly maxEvents: number;
  /** Open tracks per session. Also the limit for participants over the session's life. */
  readonly maxTracks: number;
  /** How long the session continues after its last publisher has left, in ms. */
  readonly reconnectGraceMs: number;
  /** The queue for turns at the thread that analyzes. Default: each session has its own, at this thread. */
  readonly turns?: ThreadTurns;
  /** Called for media that was dropped because too much waited. */
  readonly onDrop?: (drop: PipelineDrop, sessionId: string) => void;
  /** Called when a source sent something that the session did not accept. */
  readonly onRefused?: (drop: PipelineDrop, sessionId: string) => void;
  /** Called when something is wrong with a source. */
  readonly onNotice?: (notice: SessionNotice, sessionId: string) => void;
  /** Counts what sessions hold. Default: each session has its own budget without a limit. */
  readonly budget?: MemoryBudget;
  /** Called with every event after it was added to the log. */
  readonly onEvent?: (event: EmotionEvent) => void;
  /** Stores the session. Default: it is only in memory. */
  readonly keeper?: SessionKeeper | undefined;
  /** The session before the server was started again, and how long it waits for its publishers, in ms. */
  readonly resumed?: ResumedSession & { readonly graceMs: number };
  /** Called with the error that ended the analysis. */
  readonly onFailure?: (error: unknown, sessionId: string) => void;
}

/** Told when media was dropped because the server could not keep up. */
const OVERLOADED: SessionNotice = {
  code: 'overloaded',
  message: 'The server was too busy and left out part of the call. Emotions and words may be missing.',
};
const RESTARTED = 'The server was restarted while this utterance was analyzed; later utterances are analyzed again.';
/** Notices that are kept per session. */
const MAX_NOTICES = 16;

/** One call. It receives media frames and writes an event log. When it ends, its open utterances are finished first. */
export class Session implements KeptRun {
  readonly id: string;
  readonly name: RunName;
  readonly title: string | null;
  readonly traceparent: string;
  /** The session's events, for any number of readers. */
  readonly events: EventLog;
  /** Holder of the credential that opened the session. */
  readonly opener: string;
  /** Resolves with the reason once the last event is in the log. Never rejects. */
  readonly finished: Promise<SessionEndReason>;

  /** The memory that the session holds. */
  readonly memory: SessionMemory;

  readonly #options: CallSessionOptions;
  readonly #budget: MemoryBudget;
  /** The session's turns at the thread that analyzes it. */
  readonly #turns: ThreadTurns;
  readonly #intake: MediaIntake;
  readonly #frames = new Subject<MediaFrame>();
  readonly #participants: Participants;
  readonly #states: ParticipantStates;
  readonly #parts = new Set<SessionPart>();
  /** Holders that lost their connection, and until when the session waits for them. */
  readonly #awaitedUntilMs = new Map<string, number>();
  readonly #openTracks = new Map<string, TrackOpened>();
  readonly #startedAt: string;
  readonly #openedAtMs: number;
  readonly #openedAtWallMs: number;
  readonly #analysis: Subscription;
  readonly #settle: (reason: SessionEndReason) => void;
  #endReason: SessionEndReason | null = null;
  #isLastEventIn = false;
  #isHandedOver = false;
  #isFinished = false;
  #endedAt: string | null = null;
  #partsEver = 0;
  #graceTimer: Subscription | null = null;
  #utteranceCount = 0;
  #newestFrameMs = 0;
  /** Whether the server was started again, and no publisher has come back yet. */
  #isInterrupted: boolean;
  readonly #notices: SessionNotice[];

  constructor(options: CallSessionOptions) {
    const { sessionId, title, traceparent, clock, keeper, resumed } = options;
    const finished = Promise.withResolvers<SessionEndReason>();
    this.id = sessionId;
    this.title = title;
    this.traceparent = traceparent;
    this.#budget = options.budget ?? new MemoryBudget({ clock });
    this.memory = this.#budget.open(this);
    const holdBytes = (bytes: number) => this.memory.hold('events', bytes);
    const holds = keeper?.tellsWhenSafe === true;
    this.events = new EventLog(options.maxEvents, undefined, resumed?.run.epoch, holdBytes, holds);
    this.name = { sessionId, epoch: this.events.epoch };
    this.finished = finished.promise;
    this.#settle = finished.resolve;
    this.opener = options.opener.holder;
    this.#options = options;
    this.#participants = new Participants(sessionId, options.maxTracks, resumed?.run.participants);
    this.#states = resumed?.states ?? new ParticipantStates();
    this.#turns = options.turns ?? new ThreadTurns({ clock });
    this.#intake = new MediaIntake({
      sessionId,
      turns: this.#turns,
      clock,
      elapsedMs: () => this.elapsedMs,
      isOver: () => this.state === 'ended',
      next: (frame) => this.#frames.next(frame),
      onOverflow: (reason, { trackId, startMs: mediaTimeMs }) => {
        const participantId = this.#openTracks.get(trackId)?.participant.id;
        const subject = { trackId, ...(participantId !== undefined && { participantId }) };
        this.notice(OVERLOADED);
        options.onDrop?.({ stage: 'ingest', reason: `intake-${reason}`, count: 1, ...subject, mediaTimeMs }, sessionId);
      },
    });
    this.#openedAtWallMs = resumed?.run.startedAtMs ?? clock.scheduler.now();
    // The wall clock may have been set back meanwhile.
    const elapsedMs = Math.max(clock.scheduler.now() - this.#openedAtWallMs, resumed?.run.mediaTimeMs ?? 0);
    this.#openedAtMs = clock.now() - elapsedMs;
    this.#startedAt = new Date(this.#openedAtWallMs).toISOString();
    this.#isInterrupted = resumed !== undefined;
    this.#notices = [...(resumed?.run.notices ?? [])];
    if (resumed !== undefined) this.#resume(resumed);
    const analyze = options.analyze({
      session: { sessionId, epoch: this.events.epoch, title, startedAt: this.#startedAt, traceparent },
      endReason: () => this.#endReason ?? 'completed',
      onBacklog: (backlogMs) => {
        this.#intake.backlogMs = backlogMs;
      },
      memory: this.memory,
      addSpeaker: (of) => this.#participants.addSpeaker(of),
      ...(resumed !== undefined && {
        toldBefore: {
          sequence: this.events.appendedSequence,
          utteranceCount: this.#utteranceCount,
          durationMs: this.#newestFrameMs,
        },
      }),
    });
    // Events are recorded within the pipe, so that an error there ends this session and not the process.
    this.#analysis = this.#frames
      .pipe(
        analyze,
        tap((event) => this.#record(event)),
      )
      .subscribe({
        error: (error: unknown) => this.#breakOff('failed', error),
        complete: () => this.#finish(),
      });
  }

  /** `live` until the last event is in the log. */
  get state(): 'live' | 'ended' {
    return this.#endedAt === null ? 'live' : 'ended';
  }

  /** True once the session accepts no more media. */
  get ending(): boolean {
    return this.#endReason !== null;
  }

  /** Newest media time that was pushed, in ms. */
  get newestFrameMs(): number {
    return this.#newestFrameMs;
  }

  /** Wall-clock time since the session opened, in ms. The media time of a live call cannot be much larger. */
  get elapsedMs(): number {
    return this.#options.clock.now() - this.#openedAtMs;
  }

  /** Number of utterances with a result or a failure. */
  get utteranceCount(): number {
    return this.#utteranceCount;
  }

  /** Why a track of this participant and kind may not be added. Null when it may. */
  refuseTrack(participantId: string, media: TrackOpened['media']): RefusalCode | null {
    for (const track of this.#openTracks.values()) {
      if (track.participant.id === participantId && track.media === media) return 'duplicate-track';
    }
    if (this.memory.isRefused) return 'overloaded';
    return this.#openTracks.size >= this.#options.maxTracks ? 'too-many-tracks' : null;
  }

  /**
   * Claims a participant for the holder of a grant. See {@link Participants.claim}. The holder that loses the
   * participant releases it.
   *
   * @throws ServiceError `not-granted`.
   */
  claim(candidate: Participant, grant: Grant, maxOwn: number): Claimed | RefusalCode {
    const claimed = this.#participants.claim(candidate, grant, maxOwn);
    if (typeof claimed === 'object' && claimed.lostBy !== null) {
      for (const part of this.#parts) {
        const isAnyones = allows(part.grant, 'participant:any');
        if (part.grant.holder === claimed.lostBy && !isAnyones) part.release(candidate.id);
      }
    }
    return claimed;
  }

  /** Accepts the next frame of any track. Frames after {@link end} are ignored. */
  push(frame: MediaFrame): void {
    if (this.ending) return;
    if (frame.kind === 'track') {
      this.#openTracks.set(frame.trackId, frame);
      this.#participants.announce(frame.participant, this.#options.opener);
    } else if (frame.kind === 'bound' && frame.startMs === Number.POSITIVE_INFINITY) {
      this.#openTracks.delete(frame.trackId);
    }
    if (Number.isFinite(frame.startMs)) this.#newestFrameMs = Math.max(this.#newestFrameMs, frame.startMs);
    this.#intake.push(frame);
  }

  /** Reports that a source sent something that the session does not accept. */
  refused(refused: Omit<PipelineDrop, 'stage' | 'count'>): void {
    if (refused.reason === 'overloaded') this.notice(OVERLOADED);
    this.#options.onRefused?.({ stage: 'ingest', count: 1, ...refused }, this.id);
  }

  /** Tells what is wrong with a source. Each code is told once per participant. */
  notice(notice: SessionNotice): void {
    const isKnown = this.#notices.some(
      ({ code, participantId }) => code === notice.code && participantId === notice.participantId,
    );
    if (isKnown || this.#notices.length >= MAX_NOTICES) return;
    this.#notices.push(notice);
    this.#options.onNotice?.(notice, this.id);
  }

  /** Whether so much media waits that a source should pause, if it can. */
  get isFull(): boolean {
    return this.#intake.isFull;
  }

  /** How late the thread that analyzes the session is, in ms. 0 if that is this thread. */
  get analysisLagMs(): number {
    return this.#turns.lagMs;
  }

  /** Whether the session recently used at least the average time of all that share its thread. */
  get isHeavy(): boolean {
    return this.#turns.isHeavy(this.id);
  }

  /** Adds a member. The session lives while it has at least one. Returns a number that is unique in the session. */
  attach(part: SessionPart): number {
    this.#parts.add(part);
    this.#awaitedUntilMs.delete(part.grant.holder);
    this.#partsEver += 1;
    if (this.#isInterrupted) {
      this.#isInterrupted = false;
      this.#options.keeper?.changed(this);
    }
    this.#graceTimer?.unsubscribe();
    this.#graceTimer = null;
    return this.#partsEver;
  }

  /**
   * Whether the holder of a grant may end the session for everyone. True with the scope `session:end`. Also true when
   * the session has no other member and waits for nobody else who lost a connection.
   */
  mayEnd(grant: Grant): boolean {
    if (allows(grant, 'session:end')) return true;
    for (const part of this.#parts) if (part.grant.holder !== grant.holder) return false;
    const now = this.#options.clock.now();
    for (const [holder, untilMs] of this.#awaitedUntilMs) {
      if (holder !== grant.holder && untilMs > now) return false;
    }
    return true;
  }

  /**
   * Removes a member. After the last one, the session ends with `reason` if that member's holder may end it. Otherwise
   * the session waits for those that lost their connection.
   */
  detach(part: SessionPart, reason: SessionEndReason = 'disconnected'): void {
    const { clock, reconnectGraceMs } = this.#options;
    if (!this.#parts.delete(part)) return;
    if (reason === 'disconnected') this.#await(part.grant.holder, clock.now() + reconnectGraceMs);
    if (this.#parts.size > 0 || this.ending) return;
    if (reason !== 'disconnected' && this.mayEnd(part.grant)) {
      this.end(reason);
      return;
    }
    this.#graceTimer = clock.scheduler.schedule(() => this.end(reason), reconnectGraceMs);
  }

  /** The last member has left, and says afterwards that the call is complete. Does nothing while others are in it. */
  complete(grant: Grant): void {
    if (this.#parts.size === 0 && this.mayEnd(grant)) this.end('completed');
  }

  /** Ends the media. Open utterances are finished, then the session ends. Only the first reason counts. */
  end(reason: SessionEndReason): void {
    if (this.ending) return;
    this.#endReason = reason;
    this.#graceTimer?.unsubscribe();
    this.#intake.finish(() => this.#frames.complete());
  }

  /** Whether all its sources connect again when they are told that the server stops. */
  get sourcesComeBack(): boolean {
    return [...this.#parts].every(({ comesBack }) => comesBack);
  }

  /** Whether the session can go on after the next start of the server: it is stored, and its sources come back. */
  get mayBeHandedOver(): boolean {
    return this.#options.keeper?.isSafe === true && this.sourcesComeBack;
  }

  /**
   * Leaves the session to the server that starts next. Open utterances are finished, and its sources are told that the server
   * stops. The session does not end: it is stored as interrupted.
   */
  handOver(): void {
    if (this.ending) return;
    this.#isHandedOver = true;
    this.end('shutdown');
  }

  /** Ends the session now, without finishing the analysis. */
  abort(reason: SessionEndReason): void {
    if (this.#isFinished) return;
    this.#analysis.unsubscribe();
    this.#breakOff(reason);
  }

  /** Releases the memory of an ended session that nobody can read any more. */
  forget(): void {
    this.#budget.close(this.memory);
  }

  summary(): SessionSummary {
    return {
      sessionId: this.id,
      title: this.title,
      state: this.state,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      endReason: this.state === 'ended' ? this.#endReason : null,
      participants: this.#participants.announced,
      utteranceCount: this.#utteranceCount,
      epoch: this.events.epoch,
      lastSequence: this.events.lastSequence,
      mediaTimeMs: this.#newestFrameMs,
      ...(this.#isInterrupted && this.state === 'live' && { interrupted: true }),
      ...(this.#notices.length > 0 && { notices: [...this.#notices] }),
      states: this.#states.list(),
    };
  }

  record(): RunRecord {
    return {
      ...this.name,
      state: this.state === 'live' && (this.#isInterrupted || this.#isHandedOver) ? 'interrupted' : this.state,
      title: this.title,
      traceparent: this.traceparent,
      opener: this.opener,
      startedAtMs: this.#openedAtWallMs,
      endedAtMs: this.#endedAt === null ? null : Date.parse(this.#endedAt),
      endReason: this.state === 'ended' ? this.#endReason : null,
      participants: this.#participants.held,
      notices: this.#notices,
      utteranceCount: this.#utteranceCount,
      lastSequence: this.events.appendedSequence,
      mediaTimeMs: this.#newestFrameMs,
      isComplete: true,
    };
  }

  tell(sequence: number): void {
    this.events.tell(sequence);
  }

  #await(holder: string, untilMs: number): void {
    const now = this.#options.clock.now();
    for (const [other, otherUntilMs] of this.#awaitedUntilMs) {
      if (otherUntilMs <= now) this.#awaitedUntilMs.delete(other);
    }
    this.#awaitedUntilMs.set(holder, untilMs);
  }

  /** Continues the log and ends what was open when the server stopped. */
  #resume({ run, log, openUtterances, graceMs }: NonNullable<CallSessionOptions['resumed']>): void {
    this.events.restore(log, run.lastSequence);
    this.#utteranceCount = run.utteranceCount;
    this.#newestFrameMs = run.mediaTimeMs;
    for (const started of openUtterances) {
      const sequence = this.events.appendedSequence + 1;
      this.#record(lostUtterance(started, { sequence, reachedMs: run.mediaTimeMs, message: RESTARTED }));
    }
    this.#options.keeper?.changed(this);
    this.#graceTimer = this.#options.clock.scheduler.schedule(() => this.end('disconnected'), graceMs);
  }

  #record(event: EmotionEvent): void {
    if (this.#isHandedOver && event.type === 'session.ended') return;
    const logged = this.events.append(event);
    this.#states.take(event);
    if ((event.type === 'utterance.emotion' || event.type === 'utterance.failed') && event.revision === 0) {
      this.#utteranceCount += 1;
    }
    if (event.type === 'session.ended') {
      this.#endReason = event.reason;
      this.#isLastEventIn = true;
    }
    this.#options.keeper?.add(this, logged);
    this.#options.onEvent?.(event);
  }

  #breakOff(reason: SessionEndReason, error?: unknown): void {
    if (this.#isFinished) return;
    this.#endReason = reason;
    if (error !== undefined) this.#options.onFailure?.(error, this.id);
    const { appendedSequence } = this.events;
    if (!this.#isLastEventIn) {
      this.#record({
        type: 'session.ended',
        sessionId: this.id,
        epoch: this.events.epoch,
        sequence: appendedSequence + 1,
        mediaTimeMs: this.#newestFrameMs,
        traceparent: this.traceparent,
        reason,
        durationMs: this.#newestFrameMs,
        utteranceCount: this.#utteranceCount,
      });
    }
    this.#finish();
  }

  #finish(): void {
    this.#endReason ??= 'completed';
    this.#isFinished = true;
    if (!this.#isHandedOver) this.#endedAt = this.#wallClock();
    this.#graceTimer?.unsubscribe();
    this.#openTracks.clear();
    this.memory.endAnalysis();
    // Readers of a session that goes on elsewhere must not take its log for complete.
    if (!this.#isHandedOver) this.events.close();
    this.#options.keeper?.changed(this);
    this.#settle(this.#endReason);
  }

  /** The wall clock at the start plus the elapsed time, because the wall clock may be set back during a call. */
  #wallClock(): string {
    return new Date(this.#openedAtWallMs + this.elapsedMs).toISOString();
  }
}
