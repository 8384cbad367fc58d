import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<PeerGuard>();
/** Runs work outside of every guard. */
const outside = AsyncLocalStorage.snapshot();

/**
 * Catches every error that one peer's packets cause, also later in a timer or a promise. Such an error closes that
 * peer, and the process continues. It is reported once.
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

  /** Runs work for the peer. An error that it throws now or later is a fault of the peer. */
  run<Argument>(work: (argument: Argument) => void, argument: Argument): void {
    try {
      this.#inside(work, argument);
    } catch (error) {
      this.fault(error);
    }
  }

  /** Reports an error that the peer's packets caused. */
  fault(error: unknown): void {
    if (this.#hasFaulted) return;
    this.#hasFaulted = true;
    outside(this.#onFault, error);
  }
}

/**
 * Runs work on a resource that all peers share, outside of the guard. A later error is not the peer's fault, because
 * the shared resource itself may be broken. An error that is thrown immediately still reaches the caller, and so the
 * guard.
 */
export function leaveGuard<Argument, Result>(work: (argument: Argument) => Result, argument: Argument): Result {
  return outside(work, argument);
}

let installed = 0;

/**
 * Installs handlers for uncaught errors of the process. An error in a timer or promise of a peer goes to that peer's
 * guard. Any other error ends the process, as it would without the handlers.
 *
 * @returns a function that removes the handlers.
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
  // If other handlers are installed, they decide.
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
