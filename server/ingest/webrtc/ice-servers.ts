import { createHmac } from 'node:crypto';
import type { Clock } from '../../../pipeline/index.ts';

export interface IceServersOptions {
  /** STUN and TURN addresses that publishers are told, such as `turns:turn.example.com:443?transport=tcp`. */
  readonly iceServers: readonly string[];
  /** Secret shared with the TURN servers; without it they are told without credentials. */
  readonly turnSecret?: string | undefined;
  /** Lifetime of the credentials, in seconds. */
  readonly turnTtlSeconds: number;
  readonly clock: Clock;
}

/**
 * The `Link` header values that tell a WHIP client its ICE servers (RFC 9725, 4.6). TURN credentials are made for each
 * client and expire (the "TURN REST API": coturn's `use-auth-secret`).
 */
export function iceServerLinks(options: IceServersOptions, clientId: string): string[] {
  const { iceServers, turnSecret, turnTtlSeconds, clock } = options;
  const expires = Math.floor(clock.scheduler.now() / 1000) + turnTtlSeconds;
  return iceServers.map((url) => {
    const link = `<${url}>; rel="ice-server"`;
    if (turnSecret === undefined || url.startsWith('stun')) return link;
    const { username, credential } = turnCredentials(turnSecret, expires, clientId);
    return `${link}; username="${username}"; credential="${credential}"; credential-type="password"`;
  });
}

/** What a TURN server that shares `secret` accepts until `expires`, in seconds since 1970. */
export function turnCredentials(secret: string, expires: number, clientId: string) {
  const username = `${expires}:${clientId}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
