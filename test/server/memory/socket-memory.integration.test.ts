import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { SocketMemory } from '../../../server/memory/socket-memory.ts';

/** A WebSocket whose stream has read what the test says. */
class FakeSocket extends EventEmitter {
  readonly stream = { bytesRead: 100 };
  bufferedAmount = 0;
  isCut = false;

  constructor(memory: SocketMemory) {
    super();
    memory.watch(this as unknown as WebSocket, this.stream as unknown as Socket);
  }

  reads(bytes: number): this {
    this.stream.bytesRead += bytes;
    return this;
  }

  terminate(): void {
    this.isCut = true;
    this.emit('close');
  }
}

describe('what sockets hold', () => {
  it('are parts of messages and what was not taken; whole messages and pings are none', () => {
    const memory = new SocketMemory();
    const socket = new FakeSocket(memory);
    const idle = memory.bytes();
    socket.reads(5000);
    expect(memory.bytes() - idle).toBe(5000);
    socket.emit('message');
    expect(memory.bytes()).toBe(idle);
    socket.reads(16).emit('pong', Buffer.alloc(10));
    expect(memory.bytes()).toBe(idle);
    socket.bufferedAmount = 700;
    expect(memory.bytes() - idle).toBe(700);
    socket.emit('close');
    expect(memory.bytes()).toBe(0);
  });

  it('is brought under a limit by cutting those that hold most', () => {
    const memory = new SocketMemory();
    const sockets = [100, 300, 200].map((bytes) => new FakeSocket(memory).reads(bytes));
    expect(memory.shrinkTo(600)).toBe(0);
    expect(memory.shrinkTo(350)).toBe(1);
    expect(sockets.map(({ isCut }) => isCut)).toEqual([false, true, false]);
  });
});
