import { describe, expect, it } from 'vitest';
import { CONFIG_OPTIONS } from '../../server/config/config-options.ts';
import { type Config, configSchema } from '../../server/config/config-schema.ts';
import { partSettings } from '../../server/part-settings.ts';

/** Every secret of the configuration, with a value that tells which one it is. */
const SECRETS = CONFIG_OPTIONS.filter(({ isSecret }) => isSecret).map(({ name }) => name);
const config = {
  ...configSchema.parse({}),
  zoomClientId: 'client',
  ...Object.fromEntries(SECRETS.map((name) => [name, `<${name}>`])),
} as Config;

/** The secrets among the settings of a part. */
const secretsIn = (settings: unknown): string[] =>
  SECRETS.filter((name) => JSON.stringify(settings).includes(`<${name}>`)).sort();

describe('the settings of a part', () => {
  it('hold the secrets that the part checks or signs with, and no other', () => {
    const { ingest, ...others } = partSettings(config);
    const parts = Object.entries({ ...others, ...ingest }).map(([part, settings]) => [part, secretsIn(settings)]);
    expect(Object.fromEntries(parts)).toEqual({
      access: ['token'],
      history: [],
      origins: [],
      readers: [],
      publisherLimits: [],
      quotas: [],
      webRtc: [],
      iceServers: ['turnSecret'],
      telephony: [],
      twilio: ['twilioAuthToken'],
      audioHook: ['audiohookApiKey', 'audiohookClientSecret'],
      meetings: [],
      recall: ['recallSecret', 'recallToken'],
      zoom: ['zoomClientSecret', 'zoomWebhookSecret'],
    });
  });

  it('let AudioHook clients present the server’s token where no API key is set', () => {
    const { audioHook } = partSettings({ ...config, audiohookApiKey: undefined }).ingest;
    expect(secretsIn(audioHook)).toEqual(['audiohookClientSecret', 'token']);
  });

  it('leave a quarter of the connections to publishers, and at least one reader', () => {
    const maxReaders = (values: object) => partSettings({ ...config, ...values }).readers.maxReaders;
    expect(maxReaders({ maxConnections: 1000 })).toBe(750);
    expect(maxReaders({ maxConnections: 1 })).toBe(1);
    expect(maxReaders({ maxConnections: 1000, maxReaders: 20 })).toBe(20);
  });
});
