/** One measurement. */
export interface ScaleJob {
  /** `paced`: calls in real time. `at-once`: calls as fast as the analysis goes. */
  readonly kind: 'paced' | 'at-once';
  /** Analysis threads; 0: the main thread analyzes. */
  readonly threads: number;
  readonly calls: number;
  /** Media per call. */
  readonly seconds: number;
}

export interface ScaleFigures {
  /** CPU time per second of a call, of all threads and of the main thread. */
  readonly cpuMs: number;
  readonly mainMs: number;
  /** Seconds of calls per second. 0 where the calls are paced. */
  readonly speed: number;
  /** 95th percentile from the end of an utterance, or its words, to its event. */
  readonly latencyMs: number;
  /** How late media was sent at most, because the main thread was busy. */
  readonly lateMs: number;
  readonly residentMib: number;
}
