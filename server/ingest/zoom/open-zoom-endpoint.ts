import { zoomAppOf } from '../../meetings-config.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import type { MeetingRoles } from '../meetings/attendee.ts';
import { Meetings } from '../meetings/meetings.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import { readRtmsWords } from './rtms-words.ts';
import { ZoomEndpoint, type ZoomEndpointOptions } from './zoom-endpoint.ts';

/** Settings of Zoom RTMS; the names are those of the configuration. */
export interface ZoomConfig extends SourceLimits {
  readonly meetingRoles: MeetingRoles;
  readonly maxLeadMs: number;
  readonly zoomClientId?: string | undefined;
  readonly zoomClientSecret?: string | undefined;
  readonly zoomWebhookSecret?: string | undefined;
  readonly zoomServers: readonly string[];
}

export interface OpenZoomEndpointOptions extends SourceContext, Pick<ZoomEndpointOptions, 'refuse'> {
  readonly config: ZoomConfig;
  readonly port: IngestPort;
}

/** Zoom RTMS as the configuration has it; null where no Zoom app is configured. */
export function openZoomEndpoint({ config, port, ...context }: OpenZoomEndpointOptions): ZoomEndpoint | null {
  const app = zoomAppOf(config);
  if (app === null) return null;
  const { meetingRoles: roles, maxLeadMs, zoomServers: servers } = config;
  const meetings = new Meetings({
    platform: 'zoom',
    port,
    meter: context.meter,
    roles,
    maxLeadMs,
    readWords: readRtmsWords,
  });
  return new ZoomEndpoint({
    ...context,
    credentials: app,
    webhookSecret: app.webhookSecret,
    servers,
    limits: config,
    meetings,
  });
}
