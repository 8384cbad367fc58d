import { type AccessControl, presentedToken } from '../../access/access-control.ts';
import { allows, grantOfNothing, grantOfPlatform } from '../../access/grant.ts';
import { type AdmitToken, admitTokenBy } from '../admission/admit-token.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { AudioHookAccess } from '../audiohook/audiohook-access.ts';
import { AudioHookConnection, MAX_AUDIOHOOK_TEXT_BYTES } from '../audiohook/audiohook-connection.ts';
import { headerOf } from '../audiohook/http-signature.ts';
import { FreeSwitchConnection } from '../freeswitch/freeswitch-connection.ts';
import type { SourceRoute } from '../sockets/source-route.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import { TwilioAccess } from '../twilio/twilio-access.ts';
import { MAX_TWILIO_MESSAGE_BYTES, TwilioConnection } from '../twilio/twilio-connection.ts';
import type { TwilioStart } from '../twilio/twilio-message.ts';
import type { PartyRoles } from './party.ts';

/** Settings of the telephony platforms; the names are those of the configuration. */
export interface TelephonyConfig extends SourceLimits {
  readonly publicUrl?: string | undefined;
  readonly twilioAuthToken?: string | undefined;
  readonly twilioAccountSid?: string | undefined;
  readonly twilioRequireToken: boolean;
  readonly telephonyRoles: PartyRoles;
  readonly token?: string | undefined;
  readonly audiohookApiKey?: string | undefined;
  readonly audiohookClientSecret?: string | undefined;
  readonly audiohookEvents: boolean;
  readonly maxPacketBytes: number;
}

export interface TelephonyRoutesOptions extends SourceContext {
  readonly config: TelephonyConfig;
  readonly access: AccessControl;
  readonly port: IngestPort;
}

/** Where telephony platforms send their calls. Each proves itself in the way that its platform knows. */
export function telephonyRoutes(options: TelephonyRoutesOptions): SourceRoute[] {
  return [twilioRoute(options), audioHookRoute(options), freeSwitchRoute(options)];
}

function twilioRoute({ config, access, port, ...context }: TelephonyRoutesOptions): SourceRoute {
  const { twilioAuthToken: authToken, twilioAccountSid: accountSid, publicUrl, telephonyRoles: roles } = config;
  const proof = new TwilioAccess({
    authToken,
    accountSid,
    requiresToken: config.twilioRequireToken,
    publicUrl,
    clock: context.clock,
  });
  return {
    path: '/v1/twilio',
    subprotocol: null,
    maxPayload: 2 * MAX_TWILIO_MESSAGE_BYTES,
    access: {
      platform: 'twilio',
      // What the stream may do is known once it has begun.
      admit(request) {
        const { headers, url = '/' } = request;
        const nothing = grantOfNothing('twilio');
        if (authToken === undefined) return nothing;
        return access.prove(request, 'twilio', () => (proof.isSigned(headers, url) ? nothing : null));
      },
    },
    accept(socket, request) {
      const admitToken = admitTokenBy(access, request, 'twilio');
      const admit = (start: TwilioStart) => proof.admit(start, admitToken);
      new TwilioConnection({ ...context, socket, port, limits: config, roles, admit });
    },
  };
}

function audioHookRoute({ config, access, port, ...context }: TelephonyRoutesOptions): SourceRoute {
  const { audiohookApiKey: apiKey = config.token, audiohookClientSecret: clientSecret, publicUrl } = config;
  const proof = new AudioHookAccess({ apiKey, clientSecret, publicUrl, clock: context.clock });
  const others = new Map<string, AudioHookConnection>();
  return {
    path: '/v1/audiohook',
    subprotocol: null,
    maxPayload: 2 * Math.max(config.maxPacketBytes, MAX_AUDIOHOOK_TEXT_BYTES),
    access: {
      platform: 'audiohook',
      // Whoever fails to prove itself is told so in the protocol's words, and late.
      admit(request) {
        const { headers, url = '/' } = request;
        const check = () => (proof.allows({ headers, url }) ? grantOfPlatform('audiohook') : null);
        const grant = access.prove(request, 'audiohook', check, headerOf(headers, 'x-api-key') ?? undefined);
        return typeof grant === 'string' ? grantOfNothing('audiohook') : grant;
      },
    },
    accept(socket, request, grant) {
      const { headers } = request;
      const readToken = admitTokenBy(access, request, 'audiohook');
      new AudioHookConnection({
        ...context,
        socket,
        port,
        limits: config,
        roles: config.telephonyRoles,
        sessionId: headerOf(headers, 'audiohook-session-id'),
        organizationId: headerOf(headers, 'audiohook-organization-id'),
        authorized: allows(grant, 'publish'),
        admitToken: async (token) => (token === undefined ? grant : readToken(token)),
        sendsEvents: config.audiohookEvents,
        others,
      });
    },
  };
}

function freeSwitchRoute({ config, access, port, ...context }: TelephonyRoutesOptions): SourceRoute {
  return {
    path: '/v1/freeswitch',
    subprotocol: null,
    maxPayload: 2 * Math.max(config.maxPacketBytes, config.maxMessageBytes),
    access: {
      platform: 'freeswitch',
      admit(request) {
        const token = presentedToken(request.headers);
        return token === undefined ? grantOfNothing('freeswitch') : access.proveToken(request, 'freeswitch', token);
      },
    },
    accept(socket, request, grant) {
      const { url = '/' } = request;
      const readToken = admitTokenBy(access, request, 'freeswitch');
      const isAdmitted = allows(grant, 'publish');
      const admitToken: AdmitToken = async (token) => (token === undefined && isAdmitted ? grant : readToken(token));
      const roles = config.telephonyRoles;
      new FreeSwitchConnection({ ...context, socket, port, limits: config, roles, url, admitToken });
    },
  };
}
