import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../../pipeline/index.ts';

export interface IceServersOptions {
  /** STUN and TURN addresses for the peers, such as `turns:turn.example.com:443?transport=tcp`. */
  readonly urls: readonly string[];
  /** Secret shared with the TURN servers. Without it, the addresses carry no credentials. */
  readonly turnSecret?: string | undefined;
  /** Lifetime of the credentials, in seconds. */
  readonly turnTtlSeconds: number;
  readonly clock: Clock;
}

/** The ICE servers that peers receive. Only this object holds the TURN servers' secret. */
export class IceServers {
  readonly #options: IceServersOptions;

  constructor(options: IceServersOptions) {
    this.#options = options;
  }

  /**
   * `Link` header values with a client's ICE servers (RFC 9725, 4.6). TURN credentials are made per client and expire
   * (the "TURN REST API": coturn's `use-auth-secret`).
   *
   * @param clientId - default: random.
   */
  links(clientId: string = randomBytes(6).toString('hex')): string[] {
    const { urls, turnSecret, turnTtlSeconds, clock } = this.#options;
    const expires = Math.floor(clock.scheduler.now() / 1000) + turnTtlSeconds;
    return urls.map((url) => {
      const link = `<${url}>; rel="ice-server"`;
      if (turnSecret === undefined || url.startsWith('stun')) return link;
      const { username, credential } = turnCredentials(turnSecret, expires, clientId);
      return `${link}; username="${username}"; credential="${credential}"; credential-type="password"`;
    });
  }
}

/** Credentials that a TURN server with the same `secret` accepts until `expires`, in seconds since 1970. */
export function turnCredentials(secret: string, expires: number, clientId: string) {
  const username = `${expires}:${clientId}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
