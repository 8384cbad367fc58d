import { parseOptions } from '../parse-options.ts';
import { ServiceError } from '../service-error.ts';
import { CONFIG_OPTIONS } from './config-options.ts';
import { type Config, configSchema } from './config-schema.ts';
import { isLoopback } from './is-loopback.ts';
import { zoomAppOf } from './meetings-config.ts';

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
