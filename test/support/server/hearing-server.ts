import { afterEach } from 'vitest';
import type { MediaFrame } from '../../../pipeline/index.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

/** A server per test, and the media that its sessions received. */
export class HearingServer {
  readonly frames: MediaFrame[] = [];
  #server: TestServer | null = null;

  constructor() {
    afterEach(() => this.#server?.close());
  }

  /** The server of the current test. */
  get server(): TestServer {
    if (this.#server === null) throw new TypeError('the test has started no server');
    return this.#server;
  }

  /** Starts the test's server. It is closed after the test. */
  readonly start = async (
    config: TestServerOptions['config'] = {},
    options: Pick<TestServerOptions, 'clock'> = {},
  ): Promise<void> => {
    this.frames.length = 0;
    const script = { onFrame: (frame: MediaFrame) => this.frames.push(frame) };
    this.#server = await startTestServer({ ...options, config, script });
  };

  /** The received frames of one kind. */
  readonly of = <K extends MediaFrame['kind']>(kind: K) =>
    this.frames.filter((frame): frame is Extract<MediaFrame, { kind: K }> => frame.kind === kind);
}
