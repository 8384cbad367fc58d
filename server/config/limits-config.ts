import { z } from 'zod';
import { isAddressRange } from '../limits/client-address.ts';
import { integer, list, optionalInteger } from './config-fields.ts';

/** Settings that limit connections and readers: a part of the configuration's schema. */
export const limitFields = {
  maxConnectionsPerAddress: integer(
    { min: 1, max: 100_000, default: 500 },
    'TCP connections per address. For a client behind a trusted proxy: requests, streams and sockets at once.',
  ),
  trustedProxies: list(
    z.string().refine(isAddressRange, { error: 'must be IP addresses or CIDR ranges' }),
    [],
    'Reverse proxies whose `X-Forwarded-For` names the client: IP addresses and CIDR ranges, separated by commas.',
  ),
  maxReaders: optionalInteger(
    { min: 1, max: 100_000, defaultText: 'three quarters of `maxConnections`' },
    'Readers of events in all: WebSockets and event streams.',
  ),
  maxReadersPerSession: integer({ min: 1, max: 100_000, default: 500 }, 'Readers per session.'),
  maxReadersPerToken: integer(
    { min: 1, max: 100_000, default: 100 },
    'Readers per token. The server’s own token has no such limit.',
  ),
  memoryBudgetMib: optionalInteger(
    {
      min: 64,
      max: 16_777_216,
      unit: 'MiB',
      defaultText: 'three quarters of the container’s memory, or half of the machine’s',
    },
    'Memory that the process may use. When memory is short, old events and pictures are deleted first. Then sessions and media are refused. Last the largest session is closed.',
  ),
  requestTimeoutMs: integer(
    { min: 100, max: 600_000, default: 20_000, unit: 'ms' },
    'Time that a client has to send a whole request. Its head must arrive within 10 s.',
  ),
};
