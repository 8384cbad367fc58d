import type { AccessSettings } from './access/access-control.ts';
import type { OriginPolicyOptions } from './access/origin-policy.ts';
import { MIB } from './byte-units.ts';
import type { Config } from './config/config-schema.ts';
import { zoomAppOf } from './config/meetings-config.ts';
import { historyFolder } from './history/open-history.ts';
import type { HistorySettings } from './history/server-history.ts';
import type { QuotaLimits } from './ingest/admission/holder-quotas.ts';
import type { MeetingSettings, RecallSettings } from './ingest/meetings/meeting-routes.ts';
import type { IngestSettings } from './ingest/open-ingest.ts';
import type { SourceLimits } from './ingest/sockets/source-socket.ts';
import type { AudioHookSettings, TelephonySettings, TwilioSettings } from './ingest/telephony/telephony-routes.ts';
import type { IceServersOptions } from './ingest/webrtc/ice-servers.ts';
import type { WebRtcLimits } from './ingest/webrtc/webrtc-publisher.ts';
import type { PublisherLimits } from './ingest/websocket/publisher-connection.ts';
import type { ReaderLimitsOptions } from './limits/reader-limits.ts';

/** Share of the connections that readers may use, so that publishers always find a free one. */
const READERS_SHARE = 0.75;
const DAY_MS = 86_400_000;
/** Size of a history that is only in memory, in MiB. */
const MAX_MIB_IN_MEMORY = 64;

/**
 * The settings of each part of the server. A part gets only the fields that it uses, so a secret reaches only the parts
 * that check it or sign with it.
 */
export function partSettings(config: Config) {
  const sourceLimits: SourceLimits = {
    maxPacketBytes: config.maxPacketBytes,
    maxMessageBytes: config.maxMessageBytes,
    maxMessagesPerSecond: config.maxMessagesPerSecond,
    maxBytesPerSecond: config.maxBytesPerSecond,
    helloTimeoutMs: config.helloTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
  };
  const publisherLimits: PublisherLimits & WebRtcLimits = {
    ...sourceLimits,
    maxTracksPerSession: config.maxTracksPerSession,
    jitterMs: config.jitterMs,
  };
  const quotas: QuotaLimits = {
    maxSessionStartsPerToken: config.maxSessionStartsPerToken,
    maxSessionsPerToken: config.maxSessionsPerToken,
    maxParticipantsPerToken: config.maxParticipantsPerToken,
    maxMessagesPerSecond: config.maxMessagesPerSecond,
    maxBytesPerSecond: config.maxBytesPerSecond,
    maxPacketBytes: config.maxPacketBytes,
  };
  const readers: Omit<ReaderLimitsOptions, 'onLimit'> = {
    maxReaders: config.maxReaders ?? Math.max(1, Math.floor(READERS_SHARE * config.maxConnections)),
    maxPerSession: config.maxReadersPerSession,
    maxPerHolder: config.maxReadersPerToken,
  };
  const access: AccessSettings = {
    secret: config.token,
    maxTokenSeconds: config.maxTokenSeconds,
    audience: config.jwtAudience,
    issuer: config.jwtIssuer,
  };
  const origins: OriginPolicyOptions = {
    hasToken: config.token !== undefined,
    allowedOrigins: config.allowedOrigins,
    host: config.host,
  };
  const iceServers: Omit<IceServersOptions, 'clock'> = {
    urls: config.iceServers,
    turnSecret: config.turnSecret,
    turnTtlSeconds: config.turnTtlSeconds,
  };
  const telephony: TelephonySettings = {
    limits: sourceLimits,
    roles: config.telephonyRoles,
    publicUrl: config.publicUrl,
  };
  const twilio: TwilioSettings = {
    authToken: config.twilioAuthToken,
    accountSid: config.twilioAccountSid,
    requiresToken: config.twilioRequireToken,
  };
  const audioHook: AudioHookSettings = {
    apiKey: config.audiohookApiKey ?? config.token,
    clientSecret: config.audiohookClientSecret,
    sendsEvents: config.audiohookEvents,
  };
  const meetings: MeetingSettings = {
    limits: sourceLimits,
    roles: config.meetingRoles,
    maxLeadMs: config.maxLeadMs,
  };
  const recall: RecallSettings = {
    secret: config.recallSecret,
    token: config.recallToken,
    signatureOnce: config.recallSignatureOnce,
  };
  const zoom = { app: zoomAppOf(config), servers: config.zoomServers };
  const ingest: IngestSettings = {
    publisherLimits,
    quotas,
    webRtc: {
      backend: config.webrtc,
      host: config.host,
      udpPort: config.webrtcPort,
      addresses: config.webrtcAddresses,
    },
    iceServers,
    telephony,
    twilio,
    audioHook,
    meetings,
    recall,
    zoom,
  };
  const history: HistorySettings = {
    // Memory is never safe.
    tellsWhenSafe: config.tellEvents === 'when-safe' && historyFolder(config) !== null,
    restartGraceMs: config.restartGraceMs,
    maxEvents: config.eventLogEvents,
    retention: {
      wordsMs: config.keepWordsDays * DAY_MS,
      eventsMs: config.keepEventsDays * DAY_MS,
      summariesMs: config.keepSummariesDays * DAY_MS,
      maxBytes:
        Math.min(config.maxHistoryMib, historyFolder(config) === null ? MAX_MIB_IN_MEMORY : Number.POSITIVE_INFINITY) *
        MIB,
    },
  };
  return { access, origins, readers, ingest, history };
}
