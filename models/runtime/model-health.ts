import { firstLine, ModelError } from '../model-error.ts';
import { systemTimers, type Timers } from '../timers.ts';

/** A forward pass with an input that any working model takes. */
export interface ModelProbe {
  /** What it tries, as readable text: the model's name and its file's name without a folder. */
  readonly name: string;
  run(): Promise<unknown>;
}

export interface ModelHealthOptions {
  readonly probes: readonly ModelProbe[];
  /** Called with one line when a model stops running, with the reason, and when it runs again. */
  readonly log: (message: string) => void;
  readonly timers?: Timers;
}

/** How often every model is tried, in ms. */
const CHECK_EVERY_MS = 30_000;
/** The same interval while a model does not run, in ms. */
const CHECK_FAILING_MS = 2000;
/** A model that does not answer for this long hangs, in ms. Queued work before the probe takes far less. */
const ANSWER_WITHIN_MS = 20_000;

/** Knows which models run. Tries each at the start, regularly, and when a caller has reason to doubt it. */
export class ModelHealth {
  readonly #options: ModelHealthOptions;
  readonly #timers: Timers;
  /** Probes that failed at their last try, by name, with one line of the reason. */
  readonly #failing = new Map<string, string>();
  #checking: Promise<void> | null = null;
  #cancel = () => {};
  #isClosed = false;

  constructor(options: ModelHealthOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
  }

  /** The models that do not run, as text without paths; empty if all run. */
  get failing(): readonly string[] {
    return [...this.#failing.keys()].map((name) => `the ${name} does not run`);
  }

  /**
   * Tries every model once, and then regularly.
   *
   * @throws ModelError `failed` if one does not run.
   */
  async start(): Promise<void> {
    await this.check();
    const [failed] = this.#failing;
    if (failed !== undefined) throw ModelError.failed(`The ${failed[0]} does not run: ${failed[1]}`);
  }

  /** Tries every model now, or joins the try in progress. */
  check(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#checking ??= this.#checkAll().finally(() => {
      this.#checking = null;
      this.#checkAgain();
    });
    return this.#checking;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  async #checkAll(): Promise<void> {
    this.#cancel();
    await Promise.all(this.#options.probes.map((probe) => this.#try(probe)));
  }

  #checkAgain(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#timers.after(this.#failing.size > 0 ? CHECK_FAILING_MS : CHECK_EVERY_MS, () => {
      void this.check();
    });
  }

  async #try({ name, run }: ModelProbe): Promise<void> {
    const late = Promise.withResolvers<never>();
    const cancel = this.#timers.after(ANSWER_WITHIN_MS, () =>
      late.reject(new Error('the model did not answer in time')),
    );
    try {
      await Promise.race([run(), late.promise]);
      if (this.#failing.delete(name)) this.#options.log(`The ${name} runs again.`);
    } catch (error) {
      // A full queue says nothing about the model behind it.
      if (this.#isClosed || (error instanceof ModelError && error.code === 'overloaded')) return;
      if (!this.#failing.has(name)) this.#options.log(`The ${name} does not run: ${firstLine(error)}`);
      this.#failing.set(name, firstLine(error));
    } finally {
      cancel();
    }
  }
}
