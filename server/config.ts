import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { KIB, MIB } from './byte-units.ts';
import { flag, integer, list, portNumber } from './config-fields.ts';
import { limitFields } from './limits-config.ts';
import { meetingFields, zoomAppOf } from './meetings-config.ts';
import { nearestName } from './nearest-name.ts';
import { parseOptions } from './parse-options.ts';
import { ServiceError } from './service-error.ts';
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
    .default(fileURLToPath(new URL('../models/undertone-mini', import.meta.url)))
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
  shutdownGraceMs: integer(
    { min: 0, max: 600_000, default: 10_000, unit: 'ms' },
    'Longest time that a shutdown waits for open utterances.',
  ),
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

/** One setting, as described in `--help` and `docs/configuration.md`. */
export interface ConfigOption {
  readonly name: keyof Config;
  /** Environment variable. */
  readonly env: string;
  /** Command-line flag. Null when the setting has none. */
  readonly flag: string | null;
  readonly isSwitch: boolean;
  readonly isSecret: boolean;
  readonly defaultText: string;
  readonly description: string;
}

function toOption(name: keyof Config): ConfigOption {
  const schema: z.ZodType = configSchema.shape[name];
  const meta = schema.meta() ?? {};
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const byDefault = schema.safeParse(undefined).data;
  const isSecret = meta.secret === true;
  const unit = typeof meta.unit === 'string' ? ` ${meta.unit}` : '';
  const range = typeof meta.range === 'string' ? ` Range ${meta.range}.` : '';
  return {
    name,
    env: `UNDERTONE_${words.replaceAll('-', '_').toUpperCase()}`,
    flag: isSecret ? null : `--${words}`,
    isSwitch: meta.switch === true,
    isSecret,
    defaultText:
      typeof meta.defaultText === 'string'
        ? meta.defaultText
        : Array.isArray(byDefault) && byDefault.length === 0
          ? 'none'
          : `${byDefault}${unit}`,
    description: `${meta.description}${range}`,
  };
}

/** Every setting, in the order of the schema. */
export const CONFIG_OPTIONS: readonly ConfigOption[] = (Object.keys(configSchema.shape) as (keyof Config)[]).map(
  toOption,
);

/** The parsed command line and environment of `serve`. */
export interface ConfigRequest {
  readonly config: Config;
  /** `--print-config`: print the settings and exit. */
  readonly printConfig: boolean;
  /** `--help`. */
  readonly help: boolean;
  /** Variables named `UNDERTONE_…` that match no setting. They are most likely misspelt. */
  readonly unknownVariables: readonly string[];
}

/**
 * Reads the settings. A flag overrides its environment variable. An empty variable counts as unset.
 * @throws ServiceError `config-invalid`, with one line that names the wrong flag or variable.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): ConfigRequest {
  const values = parseFlags(argv);
  const raw: Record<string, string> = {};
  const sources = new Map<string, string>();
  for (const option of CONFIG_OPTIONS) {
    const fromFlag = option.flag === null ? undefined : values[option.flag.slice(2)];
    const fromEnv = env[option.env];
    if (fromFlag !== undefined) {
      raw[option.name] = String(fromFlag);
      sources.set(option.name, String(option.flag));
    } else if (fromEnv !== undefined && fromEnv !== '') {
      raw[option.name] = fromEnv;
      sources.set(option.name, option.env);
    }
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    throw ServiceError.configInvalid(`${sources.get(name) ?? name} ${issue?.message ?? 'is invalid'}`);
  }
  const known = new Set(CONFIG_OPTIONS.map((option) => option.env));
  const unknownVariables = Object.keys(env).filter((key) => key.startsWith('UNDERTONE_') && !known.has(key));
  assertNotExposed(parsed.data);
  assertZoomComplete(parsed.data);
  assertPublicUrl(parsed.data);
  return {
    config: parsed.data,
    printConfig: values['print-config'] === true,
    help: values.help === true,
    unknownVariables,
  };
}

function parseFlags(argv: readonly string[]): Record<string, string | boolean | undefined> {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    'print-config': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  for (const option of CONFIG_OPTIONS) {
    if (option.flag !== null) options[option.flag.slice(2)] = { type: option.isSwitch ? 'boolean' : 'string' };
  }
  try {
    return parseOptions({ args: [...argv], options, strict: true, allowNegative: true }).values as Record<
      string,
      string | boolean
    >;
  } catch (error) {
    throw ServiceError.configInvalid((error as TypeError).message, error as TypeError);
  }
}

/** The variable with the name nearest to a misspelt one. Null when none is near. */
export function nearestVariable(name: string): string | null {
  return nearestName(
    name,
    CONFIG_OPTIONS.map(({ env }) => env),
  );
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function assertNotExposed(config: Config): void {
  if (isLoopback(config.host) || config.token !== undefined || config.allowAnonymous) return;
  throw ServiceError.configInvalid(
    `refusing to serve calls on ${config.host} without a token: set UNDERTONE_TOKEN to a secret of 16 characters or more, or pass --allow-anonymous`,
  );
}

function assertZoomComplete(config: Config): void {
  const { zoomClientId, zoomClientSecret, zoomWebhookSecret } = config;
  if (zoomAppOf(config) !== null || (zoomClientId ?? zoomClientSecret ?? zoomWebhookSecret) === undefined) return;
  throw ServiceError.configInvalid(
    'Zoom RTMS needs all of --zoom-client-id, UNDERTONE_ZOOM_CLIENT_SECRET and UNDERTONE_ZOOM_WEBHOOK_SECRET',
  );
}

/** The platform signs the address that it was configured with. The server cannot learn that address from a request. */
function assertPublicUrl({ host, publicUrl, twilioAuthToken, audiohookClientSecret }: Config): void {
  if (isLoopback(host) || publicUrl !== undefined || (twilioAuthToken ?? audiohookClientSecret) === undefined) return;
  throw ServiceError.configInvalid(
    'the signatures of Twilio and AudioHook need UNDERTONE_PUBLIC_URL: the address that these platforms were given, such as https://calls.example.com',
  );
}

/** The settings as JSON for `--print-config`, secrets masked. */
export function printableConfig(config: Config): string {
  const shown: Record<string, unknown> = {};
  for (const option of CONFIG_OPTIONS) {
    const value = config[option.name];
    shown[option.name] = value === undefined ? null : option.isSecret ? '***' : value;
  }
  return JSON.stringify(shown, null, 2);
}
