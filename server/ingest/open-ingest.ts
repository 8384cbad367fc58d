import type { AccessControl } from '../access/access-control.ts';
import type { AskAdmission } from '../admission.ts';
import type { SocketRoute } from '../ports/socket-route.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import { HolderQuotas, type Quota, type QuotaLimits } from './admission/holder-quotas.ts';
import { IngestPort } from './admission/ingest-port.ts';
import { type MeetingSettings, meetingRoutes, type RecallSettings } from './meetings/meeting-routes.ts';
import type { SourceContext } from './sockets/source-socket.ts';
import {
  type AudioHookSettings,
  type TelephonySettings,
  type TwilioSettings,
  telephonyRoutes,
} from './telephony/telephony-routes.ts';
import { IceServers, type IceServersOptions } from './webrtc/ice-servers.ts';
import { WebRtcEndpoints, type WebRtcEndpointsOptions } from './webrtc/webrtc-endpoints.ts';
import type { PublisherLimits } from './websocket/publisher-connection.ts';
import { publisherRoute } from './websocket/publisher-route.ts';
import { type OpenZoomEndpointOptions, openZoomEndpoint } from './zoom/open-zoom-endpoint.ts';
import type { ZoomEndpoint } from './zoom/zoom-endpoint.ts';

/** Settings of each adapter. */
export interface IngestSettings {
  readonly publisherLimits: PublisherLimits;
  readonly quotas: QuotaLimits;
  readonly webRtc: Pick<WebRtcEndpointsOptions, 'backend' | 'host' | 'udpPort' | 'addresses'>;
  readonly iceServers: Omit<IceServersOptions, 'clock'>;
  readonly telephony: TelephonySettings;
  readonly twilio: TwilioSettings;
  readonly audioHook: AudioHookSettings;
  readonly meetings: MeetingSettings;
  readonly recall: RecallSettings;
  readonly zoom: Pick<OpenZoomEndpointOptions, 'app' | 'servers'>;
}

export interface OpenIngestOptions extends Pick<SourceContext, 'clock' | 'log'> {
  readonly settings: IngestSettings;
  readonly sessions: SessionRegistry;
  readonly access: AccessControl;
  /** Called before another source is admitted. */
  readonly refuse: AskAdmission;
  /** True while a session's media must be dropped. */
  readonly isBehind: (session: Session) => boolean;
  /** How long a request may have waited to be read, in ms. */
  readonly longestLagMs: () => number;
  readonly meter: WebRtcEndpointsOptions['meter'] & { quotaRefused(quota: Quota): void };
  readonly mediasoup: WebRtcEndpointsOptions['mediasoup'];
}

/** All adapters. */
export interface Ingest {
  readonly webRtc: WebRtcEndpoints;
  /** Null if no Zoom app is configured. */
  readonly zoom: ZoomEndpoint | null;
  /** The WebSocket endpoints of publishers and platforms. */
  readonly routes: readonly SocketRoute[];
  /** Connections that no route counts: WebRTC peers, and connections to Zoom. */
  readonly openCount: number;
}

/** Wires the adapters. Each joins sessions through one {@link IngestPort}. */
export function openIngest(options: OpenIngestOptions): Ingest {
  const { settings, sessions, access, refuse, isBehind, longestLagMs, clock, meter, log, mediasoup } = options;
  const { publisherLimits: limits, telephony, twilio, audioHook, meetings, recall } = settings;
  const quotas = new HolderQuotas({
    limits: settings.quotas,
    clock,
    onRefused: (quota) => meter.quotaRefused(quota),
  });
  const { jitterMs } = limits;
  const ingest = new IngestPort({ sessions, quotas, jitterMs, maxLeadMs: meetings.maxLeadMs, isBehind });
  const source = { ingest, clock, meter, log };
  const webRtc = new WebRtcEndpoints({
    ...source,
    ...settings.webRtc,
    limits,
    iceServers: new IceServers({ ...settings.iceServers, clock }),
    refuse,
    isLive: (sessionId) => sessions.get(sessionId)?.ending === false,
    mediasoup,
  });
  const zoom = openZoomEndpoint({ ...source, ...meetings, ...settings.zoom, refuse });
  return {
    webRtc,
    zoom,
    routes: [
      publisherRoute({ ...source, limits }),
      ...telephonyRoutes({ ...source, ...telephony, jitterMs, twilio, audioHook, access, longestLagMs }),
      ...meetingRoutes({ ...source, ...meetings, recall, access }),
    ],
    get openCount() {
      return webRtc.openCount + (zoom?.openCount ?? 0);
    },
  };
}
