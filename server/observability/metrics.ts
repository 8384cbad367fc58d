import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CloseReason, EmotionEvent, RefusalCode, SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { ModelsStats } from '../../models/index.ts';
import type { PipelineStage } from '../../pipeline/index.ts';
import type { Way } from '../access/route-access.ts';
import type { RefusedCredential } from '../access/wrong-credentials.ts';
import type { HistoryMeter } from '../history/history-writer.ts';
import type { Quota } from '../ingest/admission/holder-quotas.ts';
import type { PictureErrorCode } from '../ingest/pictures/picture-error.ts';
import type { ConnectionLimit } from '../limits/connection-guard.ts';
import type { ReaderLimit } from '../limits/reader-limits.ts';
import type { BudgetedKind, MemoryBudget, MemoryReason, MemoryStep } from '../memory/memory-budget.ts';
import type { SessionRefusal } from '../sessions/session-registry.ts';

/** How an analysis thread is. */
export interface AnalysisThreadFigures {
  /** Live sessions. */
  readonly flowCount: number;
  /** Time that the thread has been busy, in ms. */
  readonly busyMs: number;
}

/** Values that are read at each scrape. */
export interface MetricsSources {
  readonly liveSessions: () => number;
  /** Sessions that may be live now. */
  readonly maxSessions: () => number;
  readonly endedSessions: () => number;
  readonly openConnections: () => number;
  readonly openSockets: () => number;
  readonly openStreams: () => number;
  readonly openWebRtcPublishers: () => number;
  readonly openWebRtcListeners: () => number;
  readonly openRtmsStreams: () => number;
  readonly models: () => ModelsStats;
  /** The threads that analyze. Empty if the main thread does. */
  readonly analysisThreads: () => readonly AnalysisThreadFigures[];
  /** Analysis threads that died and were replaced. */
  readonly analysisRestarts: () => number;
  readonly memory: MemoryBudget;
  readonly droppedLogLines: () => number;
  readonly isReady: () => boolean;
  /** Where sessions are stored. */
  readonly history: () => { readonly outage: string | null; readonly bytes: number; readonly waitingEvents: number };
}

/** Counters for Prometheus. Labels come from fixed sets, so nothing that a client sends becomes a label. */
export interface Metrics extends HistoryMeter {
  readonly contentType: string;
  render(): Promise<string>;
  event(event: EmotionEvent): void;
  sessionEnded(reason: SessionEndReason): void;
  /** No session was opened because there was no room for it. */
  sessionRefused(reason: SessionRefusal): void;
  received(kind: 'packet' | 'message', bytes: number): void;
  refused(code: RefusalCode): void;
  pictureDropped(code: PictureErrorCode): void;
  closed(reason: CloseReason): void;
  lost(count: number): void;
  /** Counts when a holder of a publisher's own token has used up a quota. */
  quotaRefused(quota: Quota): void;
  subscriberDropped(count: number): void;
  credentialRefused(way: Way, reason: RefusedCredential): void;
  listenerJoined(): void;
  connectionLimited(limit: ConnectionLimit): void;
  readerLimited(limit: ReaderLimit): void;
  memoryStep(step: MemoryStep, reason: MemoryReason, amount: number): void;
  packetsLost(media: 'audio' | 'video', count: number): void;
  datagramDropped(reason: string): void;
  peerFaulted(way: string): void;
  /**
   * @param drop - `reason` comes from the pipeline, or is `intake-…` for media that was dropped because too much waited
   */
  pipelineDropped(drop: { readonly reason: string; readonly count: number }): void;
  /** Counts an analysis that failed as a whole. {@link event} counts the failures of single utterances. */
  analysisFailed(stage: PipelineStage, reason: string): void;
  historyDeleted(kind: 'words' | 'events' | 'sessions', count: number): void;
}

const LATENCY_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one server, in their own registry. Event-loop delay and memory come from prom-client's defaults. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter<L>({ name: `undertone_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `undertone_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  gauge('sessions_live', 'Sessions that take media or finish their last utterances.', sources.liveSessions);
  gauge('sessions_max', 'Sessions that may be live, by what those that are live use.', sources.maxSessions);
  gauge('sessions_held', 'Ended sessions whose events are still held.', sources.endedSessions);
  gauge('connections_open', 'TCP connections.', sources.openConnections);
  gauge('sockets_open', 'WebSockets of publishers and subscribers.', sources.openSockets);
  gauge('event_streams_open', 'Server-Sent Event streams.', sources.openStreams);
  gauge('webrtc_publishers_open', 'WebRTC publishers.', sources.openWebRtcPublishers);
  gauge('webrtc_listeners_open', 'Peers that hear a WebRTC publisher.', sources.openWebRtcListeners);
  gauge('rtms_streams_open', 'Zoom RTMS streams.', sources.openRtmsStreams);
  gauge('ready', 'Whether new sessions would be scored: 1 or 0, as /readyz says.', () => Number(sources.isReady()));
  gauge('history_up', 'Whether sessions are stored: 1 or 0.', () => Number(sources.history().outage === null));
  gauge('history_bytes', 'Bytes of the history, without free space in its file.', () => sources.history().bytes);
  gauge('history_waiting_events', 'Events that wait to be stored.', () => sources.history().waitingEvents);
  gauge('log_lines_dropped_total', 'Log lines that their destination did not take.', sources.droppedLogLines);
  gauge(
    'analysis_restarts_total',
    'Analysis threads that died and were replaced. Open utterances of their sessions failed.',
    sources.analysisRestarts,
  );
  addThreadGauges(registers, sources.analysisThreads);
  addModelGauges(registers, sources.models);
  addMemoryGauges(registers, sources.memory);

  const sessionsEnded = counter('sessions_ended_total', 'Sessions that ended, by reason.', ['reason']);
  const sessionsRefused = counter('sessions_refused_total', 'Sessions that were not opened, by what was short.', [
    'reason',
  ]);
  const utterances = counter('utterances_total', 'Utterances scored, by what ended them.', ['ended_by']);
  const failures = counter('utterance_failures_total', 'Utterances that could not be scored, by stage and reason.', [
    'stage',
    'reason',
  ]);
  const analysisFailures = counter(
    'analysis_failures_total',
    'Analyses of a session that failed, by stage and reason.',
    ['stage', 'reason'],
  );
  const received = counter('ingest_received_total', 'Packets and text messages from publishers.', ['kind']);
  const receivedBytes = counter('ingest_received_bytes_total', 'Bytes from publishers.', ['kind']);
  const refused = counter('ingest_refused_total', 'Packets and messages dropped, by reason.', ['reason']);
  const pictures = counter('pictures_dropped_total', 'Pictures refused or not decoded, by reason.', ['reason']);
  const quotaRefused = counter('quota_refused_total', 'Refusals to a token that has used up a quota, by quota.', [
    'quota',
  ]);
  const lost = counter('ingest_lost_total', 'Messages that a source numbered and that never came.', []);
  const repaired = counter('pipeline_dropped_total', 'Media left out or repaired by the pipeline, by cause.', [
    'reason',
  ]);
  const closed = counter('publishers_closed_total', 'Publishers closed by the server, by reason.', ['reason']);
  const credentials = counter('credentials_refused_total', 'Credentials that let nobody in, by way in and reason.', [
    'way',
    'reason',
  ]);
  const dropped = counter('subscriber_dropped_events_total', 'Events lost to subscribers that were too slow.', []);
  const packetsLost = counter('webrtc_packets_lost_total', 'RTP packets that never came, by medium.', ['media']);
  const limited = counter('connections_limited_total', 'TCP connections closed at a limit, by limit.', ['limit']);
  const readersRefused = counter('readers_refused_total', 'Readers of events that were refused, by limit.', ['limit']);
  const memorySteps = counter('memory_steps_total', 'What was done because memory was short, by step and reason.', [
    'step',
    'reason',
  ]);
  const trimmedBytes = counter('memory_trimmed_bytes_total', 'Bytes let go because memory was short.', ['reason']);
  const listeners = counter('webrtc_listeners_total', 'Peers that were let in to hear a WebRTC publisher.', []);
  const datagrams = counter('webrtc_datagrams_dropped_total', 'Datagrams of WebRTC that came to nothing, by reason.', [
    'reason',
  ]);
  const faults = counter('peer_faults_total', 'Sources closed because what they sent broke something, by way in.', [
    'way',
  ]);
  const stored = counter('history_events_total', 'Events that were stored.', []);
  const notStored = counter('history_dropped_total', 'Events that were told and not stored, by reason.', ['reason']);
  const deleted = counter('history_deleted_total', 'What retention deleted from the history, by kind.', ['kind']);
  const latency = new Histogram({
    name: 'undertone_event_latency_seconds',
    help: 'From the end of an utterance (first), or the arrival of its words (later), to its event.',
    labelNames: ['revision'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    event(event) {
      if (event.type === 'utterance.emotion') {
        if (event.revision === 0) utterances.inc({ ended_by: event.endedBy });
        latency.observe({ revision: event.revision === 0 ? 'first' : 'later' }, event.latencyMs / 1000);
      } else if (event.type === 'utterance.failed') {
        failures.inc({ stage: event.stage ?? 'unknown', reason: event.code });
      }
    },
    sessionEnded: (reason) => sessionsEnded.inc({ reason }),
    sessionRefused: (reason) => sessionsRefused.inc({ reason }),
    received(kind, bytes) {
      received.inc({ kind });
      receivedBytes.inc({ kind }, bytes);
    },
    refused: (code) => refused.inc({ reason: code }),
    pictureDropped: (code) => pictures.inc({ reason: code }),
    closed: (reason) => closed.inc({ reason }),
    lost: (count) => lost.inc(count),
    quotaRefused: (quota) => quotaRefused.inc({ quota }),
    pipelineDropped: ({ reason, count }) => repaired.inc({ reason }, count),
    analysisFailed: (stage, reason) => analysisFailures.inc({ stage, reason }),
    subscriberDropped: (count) => dropped.inc(count),
    credentialRefused: (way, reason) => credentials.inc({ way, reason }),
    readerLimited: (limit) => readersRefused.inc({ limit }),
    memoryStep(step, reason, amount) {
      memorySteps.inc({ step, reason }, step === 'closed' ? amount : 1);
      if (step === 'trimmed') trimmedBytes.inc({ reason }, amount);
    },
    connectionLimited: (limit) => limited.inc({ limit }),
    listenerJoined: () => listeners.inc(),
    packetsLost: (media, count) => packetsLost.inc({ media }, count),
    datagramDropped: (reason) => datagrams.inc({ reason }),
    peerFaulted: (way) => faults.inc({ way }),
    historyStored: (events) => stored.inc(events),
    historyDropped: (reason, events) => notStored.inc({ reason }, events),
    historyDeleted: (kind, count) => deleted.inc({ kind }, count),
  };
}

const BUDGETED_KINDS: readonly BudgetedKind[] = [
  'audio',
  'pictures',
  'words',
  'features',
  'events',
  'waiting',
  'sockets',
];

function addMemoryGauges(registers: Registry[], budget: MemoryBudget): void {
  new Gauge({
    name: 'undertone_memory_held_bytes',
    help: 'Bytes that sessions and sockets hold by the server’s own count, by kind.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const kind of BUDGETED_KINDS) this.set({ kind }, budget.held(kind));
    },
  });
  new Gauge({
    name: 'undertone_memory_budget_bytes',
    help: 'Memory that the process may use, and that sessions may hold of it by the server’s own count.',
    labelNames: ['of'],
    registers,
    collect() {
      this.set({ of: 'process' }, budget.budgetBytes);
      this.set({ of: 'held' }, budget.capacityBytes);
    },
  });
}

function addThreadGauges(registers: Registry[], threads: () => readonly AnalysisThreadFigures[]): void {
  const perThread = (name: string, help: string, read: (thread: AnalysisThreadFigures) => number) =>
    new Gauge({
      name: `undertone_analysis_${name}`,
      help,
      labelNames: ['thread'],
      registers,
      collect() {
        for (const [thread, figures] of threads().entries()) this.set({ thread }, read(figures));
      },
    });
  perThread('sessions', 'Live sessions per analysis thread.', ({ flowCount }) => flowCount);
  perThread(
    'busy_seconds_total',
    'Time that an analysis thread was busy since it started.',
    ({ busyMs }) => busyMs / 1000,
  );
}

function addModelGauges(registers: Registry[], stats: () => ModelsStats): void {
  const perGraph = (name: string, help: string, read: (batcher: ModelsStats['batchers']['text']) => number) =>
    new Gauge({
      name: `undertone_model_${name}`,
      help,
      labelNames: ['graph'],
      registers,
      collect() {
        for (const [graph, batcher] of Object.entries(stats().batchers)) this.set({ graph }, read(batcher));
      },
    });
  perGraph('queue_depth', 'Items that wait for the model.', (batcher) => batcher.queueDepth);
  perGraph('items_running', 'Items in running batches.', (batcher) => batcher.running);
  perGraph('items_total', 'Items scored since the start.', (batcher) => batcher.items);
  perGraph('batches_total', 'Batches run since the start.', (batcher) => batcher.batches);
  new Gauge({
    name: 'undertone_model_dropped_total',
    help: 'Items dropped from full queues: `flow-full`, by a session that had too many waiting; `queue-full`, by all together.',
    labelNames: ['graph', 'reason'],
    registers,
    collect() {
      for (const [graph, { dropped }] of Object.entries(stats().batchers)) {
        for (const [reason, count] of Object.entries(dropped)) this.set({ graph, reason }, count);
      }
    },
  });
  new Gauge({
    name: 'undertone_model_worker_restarts_total',
    help: 'Crashes of model threads that were survived.',
    registers,
    collect() {
      const { emotion, perception } = stats().workers;
      this.set([...emotion, perception].reduce((sum, worker) => sum + worker.restarts, 0));
    },
  });
}
