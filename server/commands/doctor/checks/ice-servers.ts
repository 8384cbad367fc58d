import { lookup } from 'node:dns/promises';
import type { Config } from '../../../config/config-schema.ts';
import { turnCredentials } from '../../../ingest/webrtc/ice-servers.ts';
import { codeOf, type Finding, failure, ok, reasonOf, warning } from '../finding.ts';
import { type IceExchange, openIceExchange } from '../probes/ice-exchange.ts';
import { type IceServerAddress, parseIceServerAddress } from '../probes/ice-server-address.ts';
import { turnRequest } from '../probes/turn-message.ts';

export interface IceServerProbes {
  /** Rejects when the name has no address. */
  readonly resolve: (host: string) => Promise<string>;
  readonly open: typeof openIceExchange;
  readonly nowSeconds: () => number;
}

export const systemIceServerProbes: IceServerProbes = {
  resolve: async (host) => (await lookup(host)).address,
  open: openIceExchange,
  nowSeconds: () => Math.floor(Date.now() / 1000),
};

type IceConfig = Pick<Config, 'iceServers' | 'turnSecret' | 'turnTtlSeconds'>;

const UNAUTHORIZED = 401;
const STALE_NONCE = 438;
const QUOTA_CODES = [486, 508];

/**
 * Checks that each STUN server answers, and that each TURN server allocates a relay for the credentials that publishers
 * receive. Otherwise the publishers would be the first to notice a problem.
 */
export async function checkIceServers(
  config: IceConfig,
  probes: IceServerProbes = systemIceServerProbes,
): Promise<Finding[]> {
  if (config.iceServers.length === 0) return [ok('none configured')];
  return Promise.all(config.iceServers.map((url) => checkServer(url, config, probes)));
}

async function checkServer(url: string, config: IceConfig, probes: IceServerProbes): Promise<Finding> {
  const server = parseIceServerAddress(url);
  if (server === null) {
    return failure(`${url} is no address of a server`, 'Write it as turn:turn.example.com:3478?transport=udp.');
  }
  let ip: string;
  try {
    ip = await probes.resolve(server.host);
  } catch {
    return failure(`${url}: the name ${server.host} has no address`, 'Correct the name, or the DNS of this machine.');
  }
  let exchange: IceExchange;
  try {
    exchange = await probes.open(server, ip);
  } catch (error) {
    return unreachable(url, server, error);
  }
  try {
    return server.isTurn
      ? await askForRelay(url, server, exchange, config, probes)
      : await askForAddress(url, server, exchange);
  } catch (error) {
    return unreachable(url, server, error);
  } finally {
    exchange.close();
  }
}

async function askForAddress(url: string, server: IceServerAddress, exchange: IceExchange): Promise<Finding> {
  const answer = await exchange.ask(turnRequest('binding'));
  if (answer === null) return silent(url, server);
  return answer.isSuccess
    ? ok(`${url} answers`)
    : failure(`${url} refuses a binding (${answer.errorCode})`, 'See that server’s log.');
}

async function askForRelay(
  url: string,
  server: IceServerAddress,
  exchange: IceExchange,
  { turnSecret, turnTtlSeconds }: IceConfig,
  { nowSeconds }: IceServerProbes,
): Promise<Finding> {
  const challenge = await exchange.ask(turnRequest('allocate'));
  if (challenge === null) return silent(url, server);
  if (challenge.isSuccess) {
    await exchange.ask(turnRequest('refresh'));
    return warning(`${url} gives relays to anybody`, 'Set use-auth-secret and static-auth-secret there.');
  }
  if (challenge.errorCode !== UNAUTHORIZED) return refused(url, challenge.errorCode);
  if (turnSecret === undefined) {
    const message = `${url} wants credentials, and publishers get none`;
    return failure(message, 'Set UNDERTONE_TURN_SECRET to that server’s static-auth-secret.');
  }
  const credentials = turnCredentials(turnSecret, nowSeconds() + turnTtlSeconds, 'doctor');
  let key = { ...credentials, realm: challenge.realm, nonce: challenge.nonce };
  let answer = await exchange.ask(turnRequest('allocate', key));
  if (answer?.errorCode === STALE_NONCE) {
    key = { ...key, nonce: answer.nonce };
    answer = await exchange.ask(turnRequest('allocate', key));
  }
  if (answer === null) return silent(url, server);
  if (!answer.isSuccess) return refused(url, answer.errorCode);
  await exchange.ask(turnRequest('refresh', key));
  return ok(`${url} gives a relay for the credentials of publishers`);
}

function refused(url: string, errorCode: number | null): Finding {
  if (errorCode === UNAUTHORIZED) {
    const advice = 'Set UNDERTONE_TURN_SECRET to its static-auth-secret, and compare the clocks of both machines.';
    return failure(`${url} refuses the credentials`, advice);
  }
  if (QUOTA_CODES.includes(errorCode ?? 0)) {
    return failure(`${url} has no relay left (${errorCode})`, 'Raise its quotas and its range of relay ports.');
  }
  return failure(`${url} refuses a relay (${errorCode})`, 'See that server’s log.');
}

function silent(url: string, { port, transport }: IceServerAddress): Finding {
  const protocol = transport === 'udp' ? 'UDP' : 'TCP';
  return failure(`${url} does not answer`, `Start it, and open ${protocol} port ${port} in the firewalls between.`);
}

function unreachable(url: string, server: IceServerAddress, error: unknown): Finding {
  const code = codeOf(error);
  if (code === 'ETIMEDOUT') return silent(url, server);
  if (code === 'ECONNREFUSED')
    return failure(`${url}: nothing listens there`, 'Start the server, or correct the port.');
  if (server.transport === 'tls') {
    const advice = 'Give it a valid certificate for that name, and the TLS port (5349 by default).';
    return failure(`${url}: no TLS connection (${code ?? reasonOf(error)})`, advice);
  }
  return failure(
    `${url} cannot be reached (${code ?? reasonOf(error)})`,
    'Correct the address, or the network between.',
  );
}
