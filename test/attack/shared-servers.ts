import type { StartOptions } from './attack-case.ts';
import type { ServerUnderAttack } from './server-under-attack.ts';

/** Servers that several cases use, one per set of options. A case that damages one leaves the others a new one. */
export class SharedServers implements AsyncDisposable {
  readonly #start: (options: StartOptions) => Promise<ServerUnderAttack>;
  readonly #servers = new Map<string, Promise<ServerUnderAttack>>();

  constructor(start: (options: StartOptions) => Promise<ServerUnderAttack>) {
    this.#start = start;
  }

  /** The server with these options. Starts it if there is none. */
  get(options: StartOptions): Promise<ServerUnderAttack> {
    const key = JSON.stringify(options);
    const known = this.#servers.get(key);
    if (known !== undefined) return known;
    const started = this.#start(options);
    this.#servers.set(key, started);
    started.catch(() => this.#servers.delete(key));
    return started;
  }

  /** Stops a server. The next case that asks for its options gets a new one. */
  async drop(server: ServerUnderAttack): Promise<void> {
    for (const [key, started] of this.#servers) {
      if ((await started.catch(() => null)) === server) this.#servers.delete(key);
    }
    await server[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const started = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(started.map(async (server) => (await server)[Symbol.asyncDispose]()));
  }
}
