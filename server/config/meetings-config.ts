import { z } from 'zod';
import type { ZoomApp } from '../ingest/zoom/open-zoom-endpoint.ts';
import { flag, list, rolePair, secret } from './config-fields.ts';

/**
 * A host name, `*.` with a domain for all names below it, or the origin of one server such as `ws://127.0.0.1:9000`.
 */
const SERVER_PATTERN = /^(?:(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+|wss?:\/\/[a-z0-9.[\]:-]+)$/;

/** Settings of the ways in for meeting platforms: a part of the configuration's schema. */
export const meetingFields = {
  meetingRoles: rolePair(
    ['attendee', 'host'],
    'attendee,attendee',
    'Roles in a meeting: of everyone, then of the host. Zoom RTMS does not say who the host is.',
  ),
  recallSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{16,}=*$/, { error: 'must be a verification secret such as whsec_…' })
    .optional()
    .meta({
      description:
        'Verification secret of the Recall.ai workspace, `whsec_…`. With it, every connection of Recall.ai must be signed.',
      secret: true,
      defaultText: 'none',
    }),
  recallToken: secret('Value that the `token` parameter must have in the address that Recall.ai connects to.'),
  recallSignatureOnce: flag(
    true,
    'Accept each signature of Recall.ai only once. Turn it off if its retries repeat the signature of the first attempt.',
  ),
  zoomClientId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, { error: 'must be a client id' })
    .optional()
    .meta({
      description: 'Client id of the Zoom app. RTMS is on if client id, client secret and webhook secret are set.',
      defaultText: 'none',
    }),
  zoomClientSecret: secret('Client secret of the Zoom app. The server signs its handshakes with it.'),
  zoomWebhookSecret: secret('Secret token of the Zoom app. Zoom signs its webhooks with it.'),
  zoomServers: list(
    z
      .string()
      .regex(SERVER_PATTERN, { error: 'must be host names such as *.zoom.us, or origins such as wss://host:443' }),
    ['*.zoom.us'],
    'Zoom servers that this server may connect to, separated by commas. A host name stands for `wss` on port 443 at a public address. An origin is used as it is.',
  ),
};

/** The configured Zoom app. Null when a part of it is missing. */
export function zoomAppOf(config: {
  readonly zoomClientId?: string | undefined;
  readonly zoomClientSecret?: string | undefined;
  readonly zoomWebhookSecret?: string | undefined;
}): ZoomApp | null {
  const { zoomClientId: clientId, zoomClientSecret: clientSecret, zoomWebhookSecret: webhookSecret } = config;
  if (clientId === undefined || clientSecret === undefined || webhookSecret === undefined) return null;
  return { clientId, clientSecret, webhookSecret };
}
