import type { IngestPort } from '../admission/ingest-port.ts';
import type { MeetingSettings } from '../meetings/meeting-routes.ts';
import { Meetings } from '../meetings/meetings.ts';
import type { SourceContext } from '../sockets/source-socket.ts';
import { readRtmsWords } from './rtms-words.ts';
import { ZoomEndpoint, type ZoomEndpointOptions } from './zoom-endpoint.ts';

/** The credentials of a Zoom app. */
export interface ZoomApp {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
}

export interface OpenZoomEndpointOptions
  extends SourceContext,
    MeetingSettings,
    Pick<ZoomEndpointOptions, 'refuse' | 'servers'> {
  /** Null if no Zoom app is configured. */
  readonly app: ZoomApp | null;
  readonly ingest: IngestPort;
}

/** Opens the endpoint of Zoom RTMS. Null if no Zoom app is configured. */
export function openZoomEndpoint(options: OpenZoomEndpointOptions): ZoomEndpoint | null {
  const { app, ingest, roles, maxLeadMs, ...rest } = options;
  if (app === null) return null;
  const { clientId, clientSecret, webhookSecret } = app;
  const meetings = new Meetings({
    platform: 'zoom',
    ingest,
    meter: rest.meter,
    roles,
    maxLeadMs,
    readWords: readRtmsWords,
  });
  return new ZoomEndpoint({ ...rest, credentials: { clientId, clientSecret }, webhookSecret, meetings });
}
