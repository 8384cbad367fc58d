import { once } from 'node:events';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { clientAddresses } from '../../../server/limits/client-address.ts';
import { ConnectionGuard, type ConnectionLimit } from '../../../server/limits/connection-guard.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

const clock = new ManualClock();
let server: Server;
let limits: ConnectionLimit[];
let guard: ConnectionGuard;
const sockets: Socket[] = [];

interface Options {
  readonly maxConnections?: number;
  readonly maxPerAddress?: number;
  readonly trustedProxies?: string[];
  readonly handler?: RequestListener;
}

async function listen({ trustedProxies = [], handler = (_, response) => response.end('hello'), ...rest }: Options) {
  limits = [];
  guard = new ConnectionGuard({
    clock,
    addresses: clientAddresses(trustedProxies),
    maxConnections: 100,
    maxPerAddress: 100,
    requestTimeoutMs: 60_000,
    onLimit: (limit) => limits.push(limit),
    ...rest,
  });
  server = guard.createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** A connection that is open on both sides. */
async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const socket = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
  socket.on('error', () => {});
  sockets.push(socket);
  await Promise.all([once(socket, 'connect'), accepted]);
  return socket;
}

const get = (path = '/', headers = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

async function firstLine(socket: Socket): Promise<string> {
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString().split('\r\n', 1)[0] ?? '';
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  guard.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('the connections of a server', () => {
  it('give way to newer ones where they only wait, the oldest first', async () => {
    await listen({ maxPerAddress: 2 });
    const first = await open();
    const ended = once(first.resume(), 'end');
    const second = await open();
    const third = await open();
    await ended;
    expect(limits).toEqual(['evicted']);
    for (const socket of [second, third]) {
      socket.write(get());
      expect(await firstLine(socket)).toBe('HTTP/1.1 200 OK');
    }
  });

  it('are refused with 503 where all of the address are at work; another address has places of its own', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    await listen({ maxPerAddress: 2, handler: async (_, response) => release.then(() => response.end()) });
    for (const socket of [await open(), await open()]) {
      const asked = once(server, 'request');
      socket.write(get());
      await asked;
    }
    const third = await open();
    expect(await firstLine(third)).toBe('HTTP/1.1 503 Service Unavailable');
    expect(limits).toEqual(['address-limit']);
    const other = await open('127.0.0.2');
    resolve();
    other.write(get());
    expect(await firstLine(other)).toBe('HTTP/1.1 200 OK');
  });

  it('are bounded in all', async () => {
    await listen({ maxConnections: 3 });
    for (let i = 1; i <= 5; i += 1) await open(`127.0.0.${i}`);
    expect(limits).toEqual(['evicted', 'evicted']);
    expect(guard.openCount).toBe(3);
  });

  it('give way where their request comes slowly, once it is old', async () => {
    await listen({ maxPerAddress: 1, handler: (request) => request.resume() });
    const slow = await open();
    const asked = once(server, 'request');
    slow.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1');
    await asked;
    expect(await firstLine(await open())).toBe('HTTP/1.1 503 Service Unavailable');
    clock.advance(2500);
    await open();
    expect(limits).toEqual(['address-limit', 'evicted']);
  });

  it('are closed when an answer is not read in time; a stream is not', async () => {
    const handler: RequestListener = (request, response) => {
      response.write('some');
      if (request.url === '/stream') guard.keepOpen(response.socket);
    };
    await listen({ handler });
    const [stuck, stream] = [await open(), await open()];
    for (const [socket, path] of [
      [stuck, '/'],
      [stream, '/stream'],
    ] as const) {
      const data = once(socket, 'data');
      socket.write(get(path));
      await data;
    }
    const ended = once(stuck, 'end');
    clock.advance(61_000);
    await ended;
    expect(limits).toEqual(['unread-answer']);
    expect(guard.openCount).toBe(1);
  });

  it('are closed when a body goes on after the answer; one that ends in time is kept', async () => {
    await listen({});
    const [endless, brief] = [await open(), await open()];
    for (const socket of [endless, brief]) {
      const data = once(socket, 'data');
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1');
      await data;
    }
    brief.write('2');
    brief.write(get());
    expect(await firstLine(brief)).toBe('HTTP/1.1 200 OK');
    const ended = once(endless, 'end');
    clock.advance(2000);
    await ended;
    expect(limits).toEqual(['answered-early']);
    expect(guard.openCount).toBe(1);
  });

  it('are closed when they ask far more at once than a client needs; what is asked is not worked on', async () => {
    let asked = 0;
    const handler: RequestListener = () => {
      asked += 1;
    };
    await listen({ handler });
    const greedy = await open();
    const ended = once(greedy.resume(), 'end');
    greedy.write(get().repeat(100));
    await ended;
    expect(asked).toBe(1);
    expect(limits).toEqual(['pipelined']);
  });

  it('work on one request at a time, in the order in which they were sent', async () => {
    const asked: ServerResponse[] = [];
    let onAsked = () => {};
    await listen({
      handler: (_, response) => {
        asked.push(response);
        onAsked();
      },
    });
    const eager = await open();
    let received = '';
    eager.on('data', (data) => {
      received += String(data);
    });
    const nextAsked = () => new Promise<void>((resolve) => (onAsked = resolve));
    let isAsked = nextAsked();
    eager.write(get().repeat(3));
    for (const answer of ['first', 'second', 'third']) {
      await isAsked;
      const response = asked.at(-1)!;
      isAsked = nextAsked();
      await setImmediate();
      expect(asked.at(-1)).toBe(response);
      response.end(`the ${answer} answer`);
      await once(response, 'close');
    }
    expect(asked).toHaveLength(3);
    while (!received.includes('the third answer')) await once(eager, 'data');
    expect(received.match(/the \w+ answer/g)).toEqual(['the first answer', 'the second answer', 'the third answer']);
  });

  it('of a trusted proxy count for its clients, by what each has at once', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    await listen({
      maxPerAddress: 1,
      trustedProxies: ['127.0.0.1'],
      handler: async (_, response) => release.then(() => response.end()),
    });
    const [first, second, third] = [await open(), await open(), await open()];
    const asked = once(server, 'request');
    first.write(get('/', 'X-Forwarded-For: 192.0.2.1\r\n'));
    await asked;
    second.write(get('/', 'X-Forwarded-For: 192.0.2.1\r\n'));
    expect(await firstLine(second)).toBe('HTTP/1.1 503 Service Unavailable');
    const askedAgain = once(server, 'request');
    third.write(get('/', 'X-Forwarded-For: 192.0.2.2\r\n'));
    await askedAgain;
    resolve();
    expect(await firstLine(third)).toBe('HTTP/1.1 200 OK');
    const fourth = await open();
    fourth.write(get('/', 'X-Forwarded-For: 192.0.2.1\r\n'));
    expect(await firstLine(fourth)).toBe('HTTP/1.1 200 OK');
  });
});
