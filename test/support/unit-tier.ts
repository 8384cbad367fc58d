/**
 * Loaded before each file of unit tests. Sockets and processes then fail with an error that says where such a test
 * belongs. This keeps the tier fast and independent of the machine. Threads are allowed, because decoders run in them.
 */
import { ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';

function refuse(what: string): never {
  throw new Error(`A unit test must not ${what}: name the file *.integration.test.ts`);
}

net.Server.prototype.listen = () => refuse('listen on a socket');
net.Socket.prototype.connect = () => refuse('connect to a socket');
dgram.Socket.prototype.bind = () => refuse('bind a socket');
Object.assign(ChildProcess.prototype, { spawn: () => refuse('start a process') });
