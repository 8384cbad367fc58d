import type { z } from 'zod';
import { nearestName } from '../nearest-name.ts';
import { type Config, configSchema } from './config-schema.ts';

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

/** The variable with the name nearest to a misspelt one. Null when none is near. */
export function nearestVariable(name: string): string | null {
  return nearestName(
    name,
    CONFIG_OPTIONS.map(({ env }) => env),
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
