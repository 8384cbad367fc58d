import { constants, openSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteLog } from './log-sink.ts';

const STDERR = 2;
/** Time after which a destination that takes nothing now is asked again, in ms. */
const ASK_AGAIN_MS = 100;

/**
 * Writes to standard error without ever blocking the thread, nor one of the pool's. Node writes to files and terminals
 * synchronously by itself: a full disk, or a terminal that is held, would stop the whole server.
 */
export function writeStderr(stream: NodeJS.WriteStream = process.stderr): WriteLog {
  return stream instanceof Socket && !stream.isTTY ? toSocket(stream) : toDescriptor(openDescriptor(stream.isTTY));
}

/** Node's handle of a pipe or socket: the part that {@link toSocket} needs. */
interface StreamHandle {
  setBlocking(isBlocking: boolean): number;
}

/** Pipes and sockets: the event loop writes when there is room. */
function toSocket(socket: Socket): WriteLog {
  // The failure of a write is told to the write; without a listener it would end the process as well.
  socket.on('error', () => {});
  return (bytes) =>
    new Promise((resolve, reject) => {
      // A child that inherits standard error makes it block for us too: the mode belongs to what both share.
      (socket as { _handle?: StreamHandle | null })._handle?.setBlocking(false);
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
}

/** Files and devices: the pool writes. */
export function toDescriptor(descriptor: number): WriteLog {
  /** Whether the last failed write left a part of a line behind. */
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
    // A terminal that is held (Ctrl-S) blocks whoever writes, unless it was opened in this way.
    return openSync('/dev/stderr', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return STDERR;
  }
}

/** Bytes taken, at least 1. */
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
