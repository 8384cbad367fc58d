import { type AccessControl, presentedToken } from '../../access/access-control.ts';
import { allows, grantOfNothing, grantOfPlatform } from '../../access/grant.ts';
import type { PlatformRoute } from '../../ports/socket-route.ts';
import { type AdmitToken, admitTokenBy } from '../admission/admit-token.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { AudioHookAccess } from '../audiohook/audiohook-access.ts';
import { AudioHookConnection, MAX_AUDIOHOOK_TEXT_BYTES } from '../audiohook/audiohook-connection.ts';
import { headerOf } from '../audiohook/http-signature.ts';
import { FreeSwitchConnection } from '../freeswitch/freeswitch-connection.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import { TwilioAccess } from '../twilio/twilio-access.ts';
import { MAX_TWILIO_MESSAGE_BYTES, TwilioConnection } from '../twilio/twilio-connection.ts';
import type { TwilioStart } from '../twilio/twilio-message.ts';
import type { PartyRoles } from './party.ts';

/** Settings of all telephony platforms. */
export interface TelephonySettings {
  readonly limits: SourceLimits;
  readonly roles: PartyRoles;
  /** The server's address as configured at the platforms. Their signatures cover it. */
  readonly publicUrl: string | undefined;
}

export interface TwilioSettings {
  readonly authToken: string | undefined;
  readonly accountSid: string | undefined;
  readonly requiresToken: boolean;
}

export interface AudioHookSettings {
  readonly apiKey: string | undefined;
  readonly clientSecret: string | undefined;
  readonly sendsEvents: boolean;
}

type SignedAddress = Pick<TelephonySettings, 'publicUrl'>;

interface RouteOptions extends SourceContext, Pick<TelephonySettings, 'limits' | 'roles'> {
  readonly access: AccessControl;
  readonly ingest: IngestPort;
  /** How late a numbered message may be, in ms. */
  readonly jitterMs: number;
}

export interface TelephonyRoutesOptions extends RouteOptions, TelephonySettings {
  readonly twilio: TwilioSettings;
  readonly audioHook: AudioHookSettings;
  /** How long a request may have waited to be read, in ms. */
  readonly longestLagMs: () => number;
}

/** The routes to which telephony platforms send their calls. Each platform authenticates in its own way. */
export function telephonyRoutes(all: TelephonyRoutesOptions): PlatformRoute[] {
  const { twilio, audioHook, publicUrl, longestLagMs, ...options } = all;
  return [
    twilioRoute(options, { ...twilio, publicUrl }),
    audioHookRoute(options, { ...audioHook, publicUrl, longestLagMs }),
    freeSwitchRoute(options),
  ];
}

function twilioRoute(options: RouteOptions, settings: TwilioSettings & SignedAddress): PlatformRoute {
  const { access, ingest, limits, roles, jitterMs, ...context } = options;
  const { authToken } = settings;
  const proof = new TwilioAccess({ ...settings, clock: context.clock });
  return {
    path: '/v1/twilio',
    subprotocol: null,
    maxPayload: 2 * MAX_TWILIO_MESSAGE_BYTES,
    access: {
      platform: 'twilio',
      // The stream's first message decides what the stream may do.
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
      new TwilioConnection({ ...context, socket, ingest, limits, roles, jitterMs, admit });
    },
  };
}

function audioHookRoute(
  options: RouteOptions,
  settings: AudioHookSettings & SignedAddress & Pick<TelephonyRoutesOptions, 'longestLagMs'>,
): PlatformRoute {
  const { access, ingest, limits, roles, ...context } = options;
  const { apiKey, clientSecret, publicUrl, longestLagMs, sendsEvents } = settings;
  const proof = new AudioHookAccess({ apiKey, clientSecret, publicUrl, longestLagMs, clock: context.clock });
  const others = new Map<string, AudioHookConnection>();
  return {
    path: '/v1/audiohook',
    subprotocol: null,
    maxPayload: 2 * Math.max(limits.maxPacketBytes, MAX_AUDIOHOOK_TEXT_BYTES),
    access: {
      platform: 'audiohook',
      // A client that fails to authenticate is refused later, in the protocol's own messages.
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
        ingest,
        limits,
        roles,
        sessionId: headerOf(headers, 'audiohook-session-id'),
        organizationId: headerOf(headers, 'audiohook-organization-id'),
        authorized: allows(grant, 'publish'),
        admitToken: async (token) => (token === undefined ? grant : readToken(token)),
        sendsEvents,
        others,
      });
    },
  };
}

function freeSwitchRoute(options: RouteOptions): PlatformRoute {
  const { access, ingest, limits, roles, ...context } = options;
  return {
    path: '/v1/freeswitch',
    subprotocol: null,
    maxPayload: 2 * Math.max(limits.maxPacketBytes, limits.maxMessageBytes),
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
      new FreeSwitchConnection({ ...context, socket, ingest, limits, roles, url, admitToken });
    },
  };
}
