import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<PeerGuard>();
/** Runs work as if no peer had asked for it. */
const outside = AsyncLocalStorage.snapshot();

/**
 * Stands around all that one peer's packets set off, whenever it happens: an error that nobody catches, in a timer or a
 * promise too, is that peer's alone. It is told once, so that the peer is closed and the process goes on.
 */
export class PeerGuard {
  readonly #onFault: (error: unknown) => void;
  readonly #inside: ReturnType<typeof AsyncLocalStorage.snapshot>;
  #hasFaulted = false;

  /** @param onFault - closes the peer. Called once. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    this.#inside = outside(() => current.run(this, () => AsyncLocalStorage.snapshot()));
  }

  get hasFaulted(): boolean {
    return this.#hasFaulted;
  }

  /** Does work of the peer. What it throws, now or later, is a fault. */
  run<Argument>(work: (argument: Argument) => void, argument: Argument): void {
    try {
      this.#inside(work, argument);
    } catch (error) {
      this.fault(error);
    }
  }

  /** Tells of an error that the peer's packets led to. */
  fault(error: unknown): void {
    if (this.#hasFaulted) return;
    this.#hasFaulted = true;
    outside(this.#onFault, error);
  }
}

/**
 * Hands what a peer sent to what all peers share: an error in there, later, is not the peer's, since what is shared may
 * be broken by it. What it throws at once still is.
 */
export function leaveGuard<Argument, Result>(work: (argument: Argument) => Result, argument: Argument): Result {
  return outside(work, argument);
}

let installed = 0;

/**
 * Catches for the process what no guard has caught in time: errors of timers and promises that a peer's packets set off.
 * All others end the process, as they would without it.
 *
 * @returns what removes it.
 */
export function installLastGuard(): () => void {
  installed += 1;
  if (installed === 1) {
    process.on('uncaughtException', onUncaught);
    process.on('unhandledRejection', onRejected);
  }
  let isInstalled = true;
  return () => {
    if (!isInstalled) return;
    isInstalled = false;
    installed -= 1;
    if (installed === 0) remove();
  };
}

function remove(): void {
  process.off('uncaughtException', onUncaught);
  process.off('unhandledRejection', onRejected);
}

function onUncaught(error: unknown): void {
  const guard = current.getStore();
  if (guard !== undefined) {
    guard.fault(error);
    return;
  }
  // Others that watch the process decide for themselves.
  if (process.listenerCount('uncaughtException') > 1) return;
  remove();
  setImmediate(() => {
    throw error;
  });
}

function onRejected(reason: unknown): void {
  const guard = current.getStore();
  if (guard !== undefined) guard.fault(reason);
  else if (process.listenerCount('unhandledRejection') === 1) {
    throw reason instanceof Error ? reason : new Error('a promise was rejected without an error', { cause: reason });
  }
}
