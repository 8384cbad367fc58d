import { networkInterfaces } from 'node:os';

/** Addresses at which peers reach a socket: the configured ones, or its bound address, or those of this machine. */
export function candidateAddresses(addresses: readonly string[], boundAddress: string): readonly string[] {
  if (addresses.length > 0) return addresses;
  if (boundAddress !== '0.0.0.0' && boundAddress !== '::') return [boundAddress];
  const own = Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
    .filter(({ family }) => boundAddress === '::' || family === 'IPv4')
    .map(({ address }) => address);
  return own.length > 0 ? own : ['127.0.0.1'];
}
