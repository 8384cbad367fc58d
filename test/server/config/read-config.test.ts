import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFIG_GROUPS } from '../../../server/config/config-groups.ts';
import { CONFIG_OPTIONS, printableConfig } from '../../../server/config/config-options.ts';
import { readConfig } from '../../../server/config/read-config.ts';
import { ServiceError } from '../../../server/service-error.ts';

const TOKEN = 'a-secret-of-some-length';

describe('readConfig', () => {
  it('listens on loopback, on the first free port, with no token, when nothing is said', () => {
    const { config } = readConfig([], {});
    expect(config).toMatchObject({ host: '127.0.0.1', providers: ['cpu'], allowedOrigins: [], sample: false });
    expect(config.port).toBeUndefined();
    expect(config.token).toBeUndefined();
  });

  it('takes a flag before its environment variable, and an empty variable as unset', () => {
    const env = { UNDERTONE_MAX_SESSIONS: '7', UNDERTONE_JITTER_MS: '50', UNDERTONE_PORT: '' };
    const { config } = readConfig(['--max-sessions', '9'], env);
    expect(config.maxSessions).toBe(9);
    expect(config.jitterMs).toBe(50);
    expect(config.port).toBeUndefined();
  });

  it('reads lists from commas and switches from flags, their negation and variables', () => {
    const { config } = readConfig(['--providers', 'cuda, cpu', '--no-sample'], {
      UNDERTONE_SAMPLE: 'true',
      UNDERTONE_ALLOWED_ORIGINS: 'https://a.example,http://b.example:8080/',
    });
    expect(config.providers).toEqual(['cuda', 'cpu']);
    expect(config.allowedOrigins).toEqual(['https://a.example', 'http://b.example:8080']);
    expect(config.sample).toBe(false);
  });

  it.each([
    [['--port', '70000'], {}, '--port is above 65535'],
    [['--port', 'http'], {}, '--port is not a number'],
    [[], { UNDERTONE_JITTER_MS: '1.5' }, 'UNDERTONE_JITTER_MS is not a whole number'],
    [['--providers', 'tpu'], {}, '--providers must be among cuda, webgpu, cpu'],
    [['--log-level', 'loud'], {}, '--log-level must be trace, debug'],
    [[], { UNDERTONE_SAMPLE: 'perhaps' }, 'UNDERTONE_SAMPLE is neither true nor false'],
    [['--allowed-origins', 'example'], {}, '--allowed-origins must be origins'],
    [[], { UNDERTONE_TOKEN: 'short' }, 'UNDERTONE_TOKEN must be 16 to 256'],
    [['--operating-point', 'Most right'], {}, '--operating-point must be lower-case letters and hyphens'],
    [['--prot', '1'], {}, "Unknown option '--prot'; did you mean --port?"],
    [['--port'], {}, "'--port <value>' argument missing"],
    [['extra'], {}, "Unexpected argument 'extra'"],
    [['--token', TOKEN], {}, "Unknown option '--token'"],
  ])('refuses %j %j in one line that names the fault', (argv, env, message) => {
    const attempt = () => readConfig(argv, env);
    expect(attempt).toThrow(ServiceError);
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(message) }),
    );
    expect(attempt).not.toThrow(/\n/);
  });

  it('refuses to serve beyond loopback without a token, and says what to do', () => {
    expect(() => readConfig(['--host', '0.0.0.0'], {})).toThrow(/set UNDERTONE_TOKEN .* or pass --allow-anonymous/);
    expect(readConfig(['--host', '0.0.0.0'], { UNDERTONE_TOKEN: TOKEN }).config.host).toBe('0.0.0.0');
    expect(readConfig(['--host', '0.0.0.0', '--allow-anonymous'], {}).config.allowAnonymous).toBe(true);
    for (const host of ['localhost', '::1', '127.0.0.2'])
      expect(readConfig(['--host', host], {}).config.host).toBe(host);
  });

  it('refuses signatures beyond loopback without the address that they are over', () => {
    const beyond = { UNDERTONE_HOST: '0.0.0.0', UNDERTONE_TOKEN: TOKEN };
    for (const secret of ['UNDERTONE_TWILIO_AUTH_TOKEN', 'UNDERTONE_AUDIOHOOK_CLIENT_SECRET']) {
      const env = { ...beyond, [secret]: 'a-secret-of-a-platform' };
      expect(() => readConfig([], env)).toThrow(/need UNDERTONE_PUBLIC_URL/);
      const publicUrl = { UNDERTONE_PUBLIC_URL: 'https://calls.example.com' };
      expect(readConfig([], { ...env, ...publicUrl }).config.publicUrl).toBe('https://calls.example.com');
      expect(readConfig([], { ...env, UNDERTONE_HOST: '127.0.0.1' }).config.publicUrl).toBeUndefined();
    }
  });

  it('names variables that look like settings and are none', () => {
    expect(readConfig([], { UNDERTONE_PROT: '1', OTHER: '2' }).unknownVariables).toEqual(['UNDERTONE_PROT']);
  });
});

describe('printableConfig', () => {
  it('shows every setting and masks the token', () => {
    const text = printableConfig(readConfig([], { UNDERTONE_TOKEN: TOKEN }).config);
    expect(text).not.toContain(TOKEN);
    expect(JSON.parse(text)).toMatchObject({ token: '***', host: '127.0.0.1', port: null });
    expect(Object.keys(JSON.parse(text))).toEqual(CONFIG_OPTIONS.map((option) => option.name));
  });
});

describe('the groups of settings', () => {
  it('have each setting once', () => {
    const grouped = CONFIG_GROUPS.flatMap(({ settings }) => settings);
    expect([...grouped].sort()).toEqual(CONFIG_OPTIONS.map(({ name }) => name).sort());
  });
});

describe('docs/configuration.md', () => {
  it('has a heading for each group, the row of every setting as the schema has it, and no other row', () => {
    const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.replace(/ +/g, ' '));
    const expected = CONFIG_GROUPS.flatMap(({ settings }) => settings).map((name) => {
      const { env, flag, isSwitch, defaultText, description } = CONFIG_OPTIONS.find((option) => option.name === name)!;
      const flagText = flag === null ? '–' : `\`${flag}${isSwitch ? '' : ' …'}\``;
      return `| \`${env}\` | ${flagText} | ${defaultText} | ${description} |`;
    });
    expect(rows).toEqual(expected);
    const headings = page.split('\n').filter((line) => line.startsWith('### '));
    expect(headings).toEqual(CONFIG_GROUPS.map(({ title }) => `### ${title}`));
  });
});
