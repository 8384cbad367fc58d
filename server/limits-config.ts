import { z } from 'zod';
import { integer, list, optionalInteger } from './config-fields.ts';
import { isAddressRange } from './limits/client-address.ts';

/** Settings of what connections and readers may take: a part of the configuration's schema. */
export const limitFields = {
  maxConnectionsPerAddress: integer(
    { min: 1, max: 100_000, default: 500 },
    'TCP connections of one address; of a client behind a trusted proxy, its requests, streams and sockets at once.',
  ),
  trustedProxies: list(
    z.string().refine(isAddressRange, { error: 'must be IP addresses or CIDR ranges' }),
    [],
    'IP addresses and CIDR ranges, comma-separated, of reverse proxies whose `X-Forwarded-For` names the client.',
  ),
  maxReaders: optionalInteger(
    { min: 1, max: 100_000, defaultText: 'three quarters of `maxConnections`' },
    'WebSockets and event streams that read events, in all.',
  ),
  maxReadersPerSession: integer({ min: 1, max: 100_000, default: 500 }, 'Readers of one session.'),
  maxReadersPerToken: integer(
    { min: 1, max: 100_000, default: 100 },
    'Readers with one token; the server’s own token has no limit of its own.',
  ),
  memoryBudgetMib: optionalInteger(
    {
      min: 64,
      max: 16_777_216,
      unit: 'MiB',
      defaultText: 'three quarters of the container’s memory, or half of the machine’s',
    },
    'Memory that the process may use. When it is short, old events and pictures go, then sessions and media are refused, last the largest session is closed.',
  ),
  requestTimeoutMs: integer(
    { min: 100, max: 600_000, default: 20_000, unit: 'ms' },
    'Time a client has to send a request, head and body; its head has at most 10 s.',
  ),
};
