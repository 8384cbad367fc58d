import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacedSender } from '../../../client-sdk/publish/paced-sender.ts';
import { StallingSocket } from '../../support/client-sdk/stalling-socket.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('sending over a connection that stalls', () => {
  it('hands over only as much as it may still want back', () => {
    const socket = new StallingSocket();
    const sender = new PacedSender(socket, 1_000_000);
    for (let count = 0; count < 20; count += 1) sender.send('audio', new Uint8Array(10_000));
    expect(socket.sent).toHaveLength(14);
  });

  it('goes on by itself when the connection does', () => {
    const socket = new StallingSocket();
    const sender = new PacedSender(socket, 1_000_000);
    for (let count = 0; count < 20; count += 1) sender.send('audio', new Uint8Array(10_000));
    socket.flush();
    vi.advanceTimersByTime(100);
    expect(socket.sent).toHaveLength(20);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('drops the oldest pictures, counted, and keeps the rest in order', () => {
    const socket = new StallingSocket();
    const sender = new PacedSender(socket, 100_000);
    sender.send('control', 'x'.repeat(128 * 1024));
    for (let value = 1; value <= 4; value += 1) sender.send('video', new Uint8Array(40_000).fill(value));
    sender.send('control', 'end');
    socket.flush();
    vi.advanceTimersByTime(20);
    expect(sender.droppedVideoPackets).toBe(2);
    expect(socket.sent.slice(1).map((data) => (typeof data === 'string' ? data : data[0]))).toEqual([3, 4, 'end']);
  });

  it('forgets everything when stopped', () => {
    const socket = new StallingSocket();
    const sender = new PacedSender(socket, 1_000_000);
    for (let count = 0; count < 20; count += 1) sender.send('audio', new Uint8Array(10_000));
    sender.stop();
    expect(vi.getTimerCount()).toBe(0);
    socket.flush();
    vi.advanceTimersByTime(100);
    expect(socket.sent).toHaveLength(14);
  });
});
