import type { Config } from './config-schema.ts';

/** Settings that belong together, under one heading in `--help` and in `docs/configuration.md`. */
export interface ConfigGroup {
  readonly title: string;
  readonly settings: readonly (keyof Config)[];
}

/** Every setting once, in the order in which they are shown. */
export const CONFIG_GROUPS: readonly ConfigGroup[] = [
  { title: 'Server', settings: ['host', 'port', 'sample', 'logLevel', 'drainGraceMs', 'shutdownGraceMs'] },
  {
    title: 'Access',
    settings: [
      'token',
      'allowAnonymous',
      'allowedOrigins',
      'trustedProxies',
      'maxTokenSeconds',
      'jwtAudience',
      'jwtIssuer',
    ],
  },
  {
    title: 'Model and analysis',
    settings: [
      'modelBundle',
      'operatingPoint',
      'providers',
      'analysisThreads',
      'jitterMs',
      'maxLeadMs',
      'maxUtteranceMs',
      'tellVoicesApart',
      'pictureTimeoutMs',
    ],
  },
  {
    title: 'Sessions and their events',
    settings: [
      'maxLagMs',
      'maxLoadPercent',
      'maxSessions',
      'maxEndedSessions',
      'maxTracksPerSession',
      'reconnectGraceMs',
      'idleTimeoutMs',
      'eventLogEvents',
      'subscriberBufferEvents',
    ],
  },
  {
    title: 'History',
    settings: [
      'dataDir',
      'tellEvents',
      'durability',
      'restartGraceMs',
      'keepWordsDays',
      'keepEventsDays',
      'keepSummariesDays',
      'maxHistoryMib',
    ],
  },
  {
    title: 'Limits for each token',
    settings: ['maxSessionsPerToken', 'maxSessionStartsPerToken', 'maxParticipantsPerToken', 'maxReadersPerToken'],
  },
  {
    title: 'Limits of connections, messages and memory',
    settings: [
      'maxConnections',
      'maxConnectionsPerAddress',
      'maxReaders',
      'maxReadersPerSession',
      'maxPacketBytes',
      'maxMessageBytes',
      'maxMessagesPerSecond',
      'maxBytesPerSecond',
      'memoryBudgetMib',
      'requestTimeoutMs',
      'helloTimeoutMs',
      'heartbeatMs',
    ],
  },
  {
    title: 'WebRTC',
    settings: ['webrtc', 'webrtcPort', 'webrtcAddresses', 'iceServers', 'turnSecret', 'turnTtlSeconds'],
  },
  {
    title: 'Telephone calls',
    settings: [
      'publicUrl',
      'telephonyRoles',
      'twilioAuthToken',
      'twilioAccountSid',
      'twilioRequireToken',
      'audiohookApiKey',
      'audiohookClientSecret',
      'audiohookEvents',
    ],
  },
  {
    title: 'Meetings',
    settings: [
      'meetingRoles',
      'recallSecret',
      'recallToken',
      'recallSignatureOnce',
      'zoomClientId',
      'zoomClientSecret',
      'zoomWebhookSecret',
      'zoomServers',
    ],
  },
];
