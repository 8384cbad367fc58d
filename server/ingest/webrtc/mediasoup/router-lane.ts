import type { MediasoupRouter, MediasoupWorker } from './mediasoup-types.ts';

/** A worker process and the router that its publishers share. */
export class RouterLane {
  readonly worker: MediasoupWorker;
  readonly router: MediasoupRouter;
  #connections = 0;

  constructor(worker: MediasoupWorker, router: MediasoupRouter) {
    this.worker = worker;
    this.router = router;
  }

  /** Peers on this worker, publishers and listeners. */
  get connections(): number {
    return this.#connections;
  }

  /** Counts a peer until the returned function is called. Further calls of it do nothing. */
  hold(): () => void {
    this.#connections += 1;
    let isHeld = true;
    return () => {
      if (isHeld) this.#connections -= 1;
      isHeld = false;
    };
  }
}
