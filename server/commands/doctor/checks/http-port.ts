import { type Config, DEFAULT_PORT } from '../../../config/config-schema.ts';
import { type Finding, failure, ok, warning } from '../finding.ts';
import { type BindProbe, bindTcp } from '../probes/bind.ts';
import { findPortOwner, type PortOwnerProbe } from '../probes/port-owner.ts';

export interface HttpPortProbes {
  readonly bind: BindProbe;
  readonly ownerOf: PortOwnerProbe;
}

/** Checks that the server can listen on the configured address. */
export async function checkHttpPort(
  { host, port }: Pick<Config, 'host' | 'port'>,
  { bind, ownerOf }: HttpPortProbes = { bind: bindTcp, ownerOf: findPortOwner },
): Promise<Finding[]> {
  const wanted = port ?? DEFAULT_PORT;
  const code = await bind(host, wanted);
  if (code === null) return [ok(wanted === 0 ? `any free port of ${host}` : `port ${wanted} of ${host} is free`)];
  if (code !== 'EADDRINUSE') return [portFinding(host, wanted, code)];
  const owner = await ownerOf(wanted, 'tcp');
  const taken = `port ${wanted} of ${host} is taken${owner === null ? '' : ` by ${owner}`}`;
  return port === undefined
    ? [warning(`${taken}; the next free one will be used`, 'Give --port where others must know it.')]
    : [failure(taken, 'Stop that process, or choose another port with --port.')];
}

/** Explains why a port cannot be opened, for all causes except that another process uses it. */
export function portFinding(host: string, port: number, code: string): Finding {
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return failure(`${host} is no address of this machine`, 'Set --host to one of its addresses, or to 0.0.0.0.');
  }
  if (code === 'EACCES') {
    return failure(`port ${port} needs a privilege`, 'Choose a port from 1024 on, and let a proxy take the others.');
  }
  return failure(`port ${port} of ${host} cannot be opened (${code})`, 'Choose another --host or port.');
}
