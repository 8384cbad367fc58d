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
  /** Auth token of the account; undefined asks for no signature. */
  readonly authToken: string | undefined;
  /** The only account whose streams are taken; undefined takes any that is signed. */
  readonly accountSid: string | undefined;
  /** Whether each stream must bring a token, beside the signature. */
  readonly requiresToken: boolean;
  /** Address that Twilio was told. */
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
}

/** How long the id of a stream is remembered, in s. */
const STREAM_TTL_S = 3600;

/**
 * Decides whether a media stream is let in. Twilio signs nothing but the address, which is the same for every call: the
 * signature tells that the sender has once been sent here by the account. So the first message is bound to the account,
 * each stream is let in once, and a token among the parameters binds a stream to its call.
 */
export class TwilioAccess {
  readonly #options: TwilioAccessOptions;
  readonly #streams = new NonceCache(STREAM_TTL_S);

  constructor(options: TwilioAccessOptions) {
    this.#options = options;
  }

  /** Whether the upgrade is signed; true where no signature is asked for. */
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
   * What the stream that begins so may do, or why it is not let in.
   *
   * @param admitToken - reads the token among its parameters.
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
