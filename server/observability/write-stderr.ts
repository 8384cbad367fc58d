import { constants, openSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteLog } from './log-sink.ts';

const STDERR = 2;
/** Delay before a destination that accepts nothing is tried again, in ms. */
const ASK_AGAIN_MS = 100;

/**
 * Writes to standard error without blocking this thread or a thread of the pool. Node itself writes to files and
 * terminals synchronously, so a full disk or a paused terminal would stop the whole server.
 */
export function writeStderr(stream: NodeJS.WriteStream = process.stderr): WriteLog {
  return stream instanceof Socket && !stream.isTTY ? toSocket(stream) : toDescriptor(openDescriptor(stream.isTTY));
}

/** Node's handle of a pipe or socket. {@link toSocket} uses this part of it. */
interface StreamHandle {
  setBlocking(isBlocking: boolean): number;
}

/** For pipes and sockets: the event loop writes when there is room. */
function toSocket(socket: Socket): WriteLog {
  // The promise of a write already reports its error. Without this listener, the error would also end the process.
  socket.on('error', () => {});
  return (bytes) =>
    new Promise((resolve, reject) => {
      // A child process that inherits standard error makes it blocking for this process too, because they share the
      // mode.
      (socket as { _handle?: StreamHandle | null })._handle?.setBlocking(false);
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
}

/** For files and devices: the thread pool writes. */
export function toDescriptor(descriptor: number): WriteLog {
  /** Whether the last failed write left part of a line. */
  let isTorn = false;
  return async (bytes) => {
    const all = isTorn ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
    let done = 0;
    try {
      while (done < all.length) done += await writeSome(descriptor, all.subarray(done));
      isTorn = false;
    } catch (error) {
      isTorn ||= done > 0;
      throw error;
    }
  };
}

function openDescriptor(isTerminal: boolean | undefined): number {
  if (isTerminal !== true) return STDERR;
  try {
    // A write to a paused terminal (Ctrl-S) blocks, unless the terminal is opened like this.
    return openSync('/dev/stderr', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return STDERR;
  }
}

/** Returns the number of bytes written, at least 1. */
async function writeSome(descriptor: number, bytes: Buffer): Promise<number> {
  for (;;) {
    const taken = await new Promise<number>((resolve, reject) => {
      write(descriptor, bytes, (error, count) => {
        if (error === null) resolve(count);
        else if (error.code === 'EAGAIN') resolve(0);
        else reject(error);
      });
    });
    if (taken > 0) return taken;
    await sleep(ASK_AGAIN_MS, undefined, { ref: false });
  }
}
