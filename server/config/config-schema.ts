import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { KIB, MIB } from '../byte-units.ts';
import { flag, integer, list, optionalInteger, portNumber } from './config-fields.ts';
import { historyFields } from './history-config.ts';
import { limitFields } from './limits-config.ts';
import { meetingFields } from './meetings-config.ts';
import { telephonyFields } from './telephony-config.ts';

/** First port that the server tries when none is configured. */
export const DEFAULT_PORT = 7700;

/** Every setting of the server. Its environment variable and its flag follow from its name. */
export const configSchema = z.object({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on. Any address except loopback needs `token` or `allowAnonymous`.' }),
  port: portNumber('TCP port to listen on. 0 lets the system choose.', `${DEFAULT_PORT}, or the next free one`),
  token: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{16,256}$/, { error: 'must be 16 to 256 of A-Z a-z 0-9 . _ ~ -' })
    .optional()
    .meta({
      description:
        'Shared secret that every publisher, subscriber and API request must present. It has no flag, because `ps` shows flags.',
      secret: true,
      defaultText: 'none',
    }),
  maxTokenSeconds: integer(
    { min: 60, max: 31_536_000, default: 86_400, unit: 's' },
    'How far in the future a JSON Web Token may expire.',
  ),
  jwtAudience: z.string().min(1).max(256).optional().meta({
    description: 'Audience that the `aud` claim of a JSON Web Token must name.',
    defaultText: '`aud` is not checked',
  }),
  jwtIssuer: z.string().min(1).max(256).optional().meta({
    description: 'Issuer that the `iss` claim of a JSON Web Token must name.',
    defaultText: '`iss` is not checked',
  }),
  allowAnonymous: flag(false, 'Serve on addresses other than loopback without a token.'),
  allowedOrigins: list(
    z
      .url({ protocol: /^https?$/, error: 'must be origins such as https://calls.example.com' })
      .transform((text) => new URL(text).origin),
    [],
    'Web origins that may connect, besides the server’s own. Separate them with commas.',
  ),
  modelBundle: z
    .string()
    .min(1)
    .default(fileURLToPath(new URL('../../models/undertone-mini', import.meta.url)))
    .meta({ description: 'Folder of the model bundle.', defaultText: 'the bundled `models/undertone-mini`' }),
  operatingPoint: z
    .string()
    .regex(/^[a-z-]{1,64}$/, { error: 'must be lower-case letters and hyphens' })
    .optional()
    .meta({
      description:
        'Operating point of the model bundle. It sets which emotions are favoured, and the thresholds for a certain answer and for likely dissatisfaction.',
      defaultText: 'the bundle’s first',
    }),
  providers: list(
    z.enum(['cuda', 'webgpu', 'cpu'], { error: 'must be among cuda, webgpu, cpu' }),
    ['cpu'],
    'Execution providers in order of preference, separated by commas: `cuda`, `webgpu`, `cpu`.',
  ),
  analysisThreads: optionalInteger(
    { min: 1, max: 256, defaultText: 'the number of cores less one, at least 1' },
    'Threads that analyze sessions. Each session stays at one of them, and each has a further thread for its models of voice and face.',
  ),
  jitterMs: integer(
    { min: 0, max: 5000, default: 200, unit: 'ms' },
    'How far out of order media may arrive, in media time. Later packets are dropped.',
  ),
  maxLeadMs: integer(
    { min: 0, max: 604_800_000, default: 120_000, unit: 'ms' },
    'How far media time may run ahead of the time since the session opened. A live call is never ahead.',
  ),
  maxUtteranceMs: integer(
    { min: 1000, max: 18_000, default: 15_000, unit: 'ms' },
    'Longest utterance. Longer speech is cut.',
  ),
  maxLagMs: integer(
    { min: 20, max: 3_600_000, default: 500, unit: 'ms' },
    'How late the server may be before it refuses new calls.',
  ),
  maxLoadPercent: integer(
    { min: 1, max: 100_000, default: 85, unit: '%' },
    'Share of all cores, and of the main thread’s core, that calls may use. Calls beyond that are refused.',
  ),
  maxSessions: integer({ min: 1, max: 10_000, default: 100 }, 'Live sessions at once.'),
  maxEndedSessions: integer({ min: 0, max: 10_000, default: 50 }, 'Ended sessions whose events are kept.'),
  maxTracksPerSession: integer(
    { min: 1, max: 1024, default: 32 },
    'Open tracks per session; also the limit for participants.',
  ),
  maxSessionsPerToken: integer(
    { min: 1, max: 10_000, default: 5 },
    'Live sessions per publisher’s own token. `maxSessions` limits the server’s token and the platforms.',
  ),
  maxSessionStartsPerToken: integer(
    { min: 1, max: 100_000, default: 20 },
    'Sessions that a publisher’s own token may open per minute.',
  ),
  maxParticipantsPerToken: integer(
    { min: 1, max: 1024, default: 4 },
    'Participants that a publisher’s own token may bring into one session.',
  ),
  maxConnections: integer(
    { min: 1, max: 100_000, default: 1000 },
    'WebSockets, event streams, WebRTC publishers and WebRTC listeners open at once.',
  ),
  ...limitFields,
  maxPacketBytes: integer(
    { min: KIB, max: 64 * MIB, default: 2 * MIB, unit: 'bytes' },
    'Largest binary packet, header included.',
  ),
  maxMessageBytes: integer({ min: KIB, max: MIB, default: 64 * KIB, unit: 'bytes' }, 'Largest text message.'),
  maxMessagesPerSecond: integer(
    { min: 1, max: 100_000, default: 1000 },
    'Messages per second from one publisher, and from all publishers that share a token of their own. A burst may have twice as many.',
  ),
  maxBytesPerSecond: integer(
    { min: KIB, max: 1024 * MIB, default: 16 * MIB, unit: 'bytes' },
    'Bytes per second from one publisher, and from all publishers that share a token of their own. A burst may have twice as many.',
  ),
  tellVoicesApart: flag(
    false,
    'Divide the sound of a session with one audio track between two participants, by their voices: for platforms that only give a mix. About two seconds later than without.',
  ),
  pictureTimeoutMs: integer(
    { min: 100, max: 60_000, default: 2000, unit: 'ms' },
    'Longest time to decode one picture. After that its thread is ended and the picture dropped.',
  ),
  subscriberBufferEvents: integer(
    { min: 1, max: 100_000, default: 256 },
    'Events in flight to one subscriber. Further events wait in the event log.',
  ),
  eventLogEvents: integer(
    { min: 10, max: 1_000_000, default: 5000 },
    'Events kept per session. The oldest are deleted first.',
  ),
  webrtc: z.enum(['werift', 'mediasoup', 'off'], { error: 'must be werift, mediasoup or off' }).default('werift').meta({
    description:
      'What receives WebRTC (WHIP): `werift` in this process; `mediasoup`, an optional package with one process per core; or `off`.',
  }),
  webrtcPort: portNumber(
    'UDP port for all WebRTC media. 0 lets the system choose. With mediasoup, the first of 1000 ports.',
    'the number of `port`, or any free one if that is taken',
  ),
  webrtcAddresses: list(
    z.union([z.ipv4(), z.ipv6()], { error: 'must be IP addresses' }),
    [],
    'IP addresses at which WebRTC publishers reach this server, separated by commas.',
    'those of the network interfaces',
  ),
  iceServers: list(
    z.string().regex(/^(?:stuns?|turns?):[A-Za-z0-9.[\]:-]{1,253}(?:\?transport=(?:udp|tcp))?$/, {
      error: 'must be addresses such as turn:turn.example.com:3478?transport=udp',
    }),
    [],
    'STUN and TURN servers for WebRTC publishers, separated by commas.',
  ),
  turnSecret: z.string().min(1).max(1024).optional().meta({
    description:
      'Secret shared with the TURN servers (coturn: `use-auth-secret`). With it, each publisher gets credentials that expire.',
    secret: true,
    defaultText: 'none',
  }),
  turnTtlSeconds: integer(
    { min: 60, max: 604_800, default: 86_400, unit: 's' },
    'How long TURN credentials are valid.',
  ),
  helloTimeoutMs: integer(
    { min: 100, max: 600_000, default: 10_000, unit: 'ms' },
    'Time that a socket has to send its first message, and a WebRTC publisher to connect.',
  ),
  idleTimeoutMs: integer(
    { min: 100, max: 86_400_000, default: 60_000, unit: 'ms' },
    'Time without any message after which a publisher is closed.',
  ),
  reconnectGraceMs: integer(
    { min: 0, max: 600_000, default: 5000, unit: 'ms' },
    'How long a session waits for a publisher that lost its connection.',
  ),
  heartbeatMs: integer(
    { min: 100, max: 600_000, default: 15_000, unit: 'ms' },
    'Interval of pings and of SSE comments. A socket that answers no ping for two intervals is closed.',
  ),
  drainGraceMs: integer(
    { min: 0, max: 86_400_000, default: 5000, unit: 'ms' },
    'How long calls may go on after SIGTERM whose source cannot connect again by itself, such as a telephone platform.',
  ),
  shutdownGraceMs: integer(
    { min: 0, max: 600_000, default: 10_000, unit: 'ms' },
    'Longest time that a shutdown waits for open utterances.',
  ),
  ...historyFields,
  ...telephonyFields,
  ...meetingFields,
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info')
    .meta({ description: 'Least severe level that is logged (JSON, to standard error).' }),
  sample: flag(false, 'Play the bundled sample call after the start. `npm start` turns it on.'),
});

/** The validated settings of one server. */
export type Config = Readonly<z.output<typeof configSchema>>;
