import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../../pipeline/index.ts';
import type { AccessRefusal } from '../../access/access-control.ts';
import { type Grant, grantOfPlatform } from '../../access/grant.ts';
import { NonceCache } from '../../access/nonce-cache.ts';
import type { AdmitToken } from '../admission/admit-token.ts';
import { textOf } from '../sockets/foreign-json.ts';
import { signedHost } from '../telephony/public-address.ts';
import type { TwilioStart } from './twilio-message.ts';
import { isTwilioSignature } from './twilio-signature.ts';

export interface TwilioAccessOptions {
  /** Auth token of the account. Undefined: no signature is required. */
  readonly authToken: string | undefined;
  /** The only account whose streams are accepted. Undefined: any signed stream is accepted. */
  readonly accountSid: string | undefined;
  /** Whether each stream needs a token in addition to the signature. */
  readonly requiresToken: boolean;
  /** The server's address as configured at Twilio. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
}

/** How long a stream's id is remembered, in s. */
const STREAM_TTL_S = 3600;

/**
 * Decides whether a media stream is admitted. Twilio signs only the address, which is the same for every call. The
 * signature therefore only proves that the account once sent the caller here. Three further checks narrow this down:
 * the first message must name the configured account, each stream is admitted once, and a token among the parameters
 * binds a stream to its call.
 */
export class TwilioAccess {
  readonly #options: TwilioAccessOptions;
  readonly #streams = new NonceCache(STREAM_TTL_S);

  constructor(options: TwilioAccessOptions) {
    this.#options = options;
  }

  /** Whether the upgrade is signed. True if no signature is required. */
  isSigned(headers: IncomingHttpHeaders, target: string): boolean {
    const { authToken, publicUrl } = this.#options;
    if (authToken === undefined) return true;
    const signature = headers['x-twilio-signature'];
    const host = signedHost(headers, publicUrl);
    if (typeof signature !== 'string' || host === null) return false;
    const base = publicUrl === undefined ? `wss://${host}` : publicUrl.replace(/\/$/, '');
    return isTwilioSignature(signature, base + target, authToken);
  }

  /**
   * Decides what a new stream may do, or why it is refused.
   *
   * @param admitToken - reads the token among the stream's parameters.
   */
  async admit(
    { accountSid, streamSid, parameters }: TwilioStart,
    admitToken: AdmitToken,
  ): Promise<Grant | AccessRefusal> {
    const { authToken, accountSid: account, requiresToken, clock } = this.#options;
    if (account !== undefined && accountSid !== account) return 'unauthorized';
    const token = textOf(parameters.token) ?? undefined;
    const isSignatureEnough = authToken !== undefined && !requiresToken && token === undefined;
    const holder = account === undefined ? 'twilio' : `twilio:${account}`;
    const grant = isSignatureEnough ? grantOfPlatform(holder) : await admitToken(token);
    if (typeof grant === 'string') return grant;
    return this.#streams.take(streamSid, clock.scheduler.now() / 1000) ? grant : 'unauthorized';
  }
}
