import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toDescriptor, writeStderr } from '../../../server/observability/write-stderr.ts';

describe('a descriptor that a log is written to', () => {
  it('gets the bytes, in their order', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'log-')), 'log');
    const descriptor = openSync(file, 'w');
    const write = toDescriptor(descriptor);
    await write(Buffer.from('a\n'));
    await write(Buffer.from('b\n'));
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
  });

  it('that is full fails the write and nothing else', async () => {
    const descriptor = openSync('/dev/full', 'w');
    await expect(toDescriptor(descriptor)(Buffer.from('a\n'))).rejects.toMatchObject({ code: 'ENOSPC' });
    closeSync(descriptor);
  });
});

describe('a socket that a log is written to', () => {
  it('that nobody reads keeps no one waiting, and once it is closed fails the writes and nothing else', async () => {
    const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const socket = connect((listener.address() as AddressInfo).port, '127.0.0.1');
    const [reader] = await once(listener, 'connection');
    const write = writeStderr(socket as unknown as NodeJS.WriteStream);
    await write(Buffer.from('a\n'));
    const stuck = write(Buffer.alloc(64 * 1024 * 1024));
    reader.resetAndDestroy();
    await expect(stuck).rejects.toThrow();
    await expect(write(Buffer.from('b\n'))).rejects.toThrow();
    listener.close();
  });
});
