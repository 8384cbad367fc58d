import type { Logger } from 'pino';
import {
  type Clock,
  type PipelineDrop,
  type PipelineFailure,
  type PipelineObserver,
  type PipelineSubject,
  StageError,
} from '../../pipeline/index.ts';
import { describeCause } from './describe-cause.ts';
import { LineLimit } from './line-limit.ts';
import type { Metrics } from './metrics.ts';

export interface SessionReportsOptions {
  readonly log: Logger;
  readonly clock: Clock;
  readonly meter: Pick<Metrics, 'analysisFailed' | 'pipelineDropped'>;
}

/** What went wrong in a session: counts per code, for the log line about its end. Empty when nothing went wrong. */
export interface SessionTroubles {
  readonly failures?: Readonly<Record<string, number>>;
  readonly drops?: Readonly<Record<string, number>>;
}

/** Lines per window and kind: for one session, and for all sessions together. */
const MAX_SESSION_LINES = 5;
const MAX_LINES = 50;

type Level = 'debug' | 'warn' | 'error';

/** Failures caused by the call, not by the server. */
const OUTCOMES = new Set(['no-signal', 'unsupported-language']);
/** Failures that more capacity would prevent. They need no repair. */
const SHORTAGES = new Set(['model-overloaded', 'model-timeout']);

/**
 * Writes the reports of all analyses to the log and the metrics. Failures are warnings or errors, and so are drops
 * caused by an error. Other drops and the decisions are logged at level `debug`. Equal lines are limited per session
 * and in total.
 */
export class SessionReports {
  readonly #options: SessionReportsOptions;
  readonly #isDebug: boolean;
  readonly #sessions = new Map<string, SessionReport>();
  readonly #limit: LineLimit;

  constructor(options: SessionReportsOptions) {
    const { log, clock } = options;
    this.#options = options;
    this.#isDebug = log.isLevelEnabled('debug');
    this.#limit = new LineLimit({ clock, maxLines: MAX_LINES, onSuppressed: logSuppressed(log) });
  }

  /** Returns the observer of a session's analysis. Returns the same one until {@link ended}. */
  of(sessionId: string): SessionReport {
    let report = this.#sessions.get(sessionId);
    if (report === undefined) {
      report = new SessionReport(sessionId, this.#options, this.#limit, this.#isDebug);
      this.#sessions.set(sessionId, report);
    }
    return report;
  }

  /** Reports a drop outside the analysis of the session. */
  dropped(sessionId: string, drop: PipelineDrop): void {
    const report = this.#sessions.get(sessionId);
    if (report !== undefined) report.dropped(drop);
    else this.#options.meter.pipelineDropped(drop);
  }

  /** Reports that a source sent something that was not accepted. The way in counts it. */
  refused(sessionId: string, drop: PipelineDrop): void {
    this.#sessions.get(sessionId)?.noteDrop(drop);
  }

  /** Reports that the analysis of a session broke off. */
  brokeOff(sessionId: string, error: unknown): void {
    const stage = error instanceof StageError ? error.stage : 'ingest';
    this.#sessions.get(sessionId)?.failed({ stage, code: 'analysis-broke-off', cause: error });
  }

  /** Ends the reports on a session. Logs its suppressed lines. */
  ended(sessionId: string): SessionTroubles {
    const report = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    return report?.end() ?? {};
  }

  close(): void {
    for (const report of this.#sessions.values()) report.end();
    this.#sessions.clear();
    this.#limit.close();
  }
}

/** The reports of one session's analysis. */
export class SessionReport implements PipelineObserver {
  readonly decided?: NonNullable<PipelineObserver['decided']>;
  readonly #options: SessionReportsOptions;
  readonly #log: Logger;
  readonly #isDebug: boolean;
  readonly #all: LineLimit;
  readonly #limit: LineLimit;
  readonly #failures = new Map<string, number>();
  readonly #drops = new Map<string, number>();

  constructor(sessionId: string, options: SessionReportsOptions, all: LineLimit, isDebug: boolean) {
    const { log, clock } = options;
    this.#options = options;
    this.#log = log.child({ sessionId });
    this.#all = all;
    this.#isDebug = isDebug;
    this.#limit = new LineLimit({ clock, maxLines: MAX_SESSION_LINES, onSuppressed: logSuppressed(this.#log) });
    if (isDebug) this.decided = ({ details, ...decision }) => this.#log.debug({ ...decision, ...details }, 'decided');
  }

  failed({ stage, code, cause, ...subject }: PipelineFailure): void {
    const { meter } = this.#options;
    add(this.#failures, code, 1);
    if (subject.utteranceId === undefined) meter.analysisFailed(stage, code);
    const level = OUTCOMES.has(code) ? 'debug' : SHORTAGES.has(code) ? 'warn' : 'error';
    const message =
      subject.utteranceId === undefined ? 'the analysis of a session broke off' : 'an utterance was not scored';
    this.#write(level, stage, code, subject, cause, message);
  }

  dropped(drop: PipelineDrop): void {
    this.#options.meter.pipelineDropped(drop);
    this.noteDrop(drop);
  }

  /** Like {@link dropped}, for drops that are counted elsewhere. */
  noteDrop({
    stage,
    reason,
    count,
    cause,
    mediaTimeMs,
    segmentIds: _chosenByPublisher,
    ...subject
  }: PipelineDrop): void {
    add(this.#drops, reason, count);
    const level = cause === undefined ? 'debug' : 'warn';
    this.#write(level, stage, reason, { ...subject, count, mediaTimeMs }, cause, 'something was left out');
  }

  end(): SessionTroubles {
    this.#limit.close();
    return {
      ...(this.#failures.size > 0 && { failures: Object.fromEntries(this.#failures) }),
      ...(this.#drops.size > 0 && { drops: Object.fromEntries(this.#drops) }),
    };
  }

  #write(
    level: Level,
    stage: string,
    code: string,
    subject: PipelineSubject & { readonly count?: number; readonly mediaTimeMs?: number | undefined },
    cause: unknown,
    message: string,
  ): void {
    if (level === 'debug' && !this.#isDebug) return;
    const key = `${level} ${stage} ${code}`;
    if (!this.#limit.take(key) || !this.#all.take(key)) return;
    this.#log[level]({ ...subject, stage, code, ...(cause !== undefined && describeCause(cause)) }, message);
  }
}

function logSuppressed(log: Logger): (key: string, count: number) => void {
  return (key, suppressed) => {
    const [level, stage, code] = key.split(' ') as [Level, string, string];
    log[level]({ stage, code, suppressed }, 'more lines of this kind were left out');
  };
}

function add(counts: Map<string, number>, code: string, count: number): void {
  counts.set(code, (counts.get(code) ?? 0) + count);
}
