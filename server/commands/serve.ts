import { CONFIG_OPTIONS, printableConfig, readConfig } from '../config.ts';
import { printable } from '../printable.ts';
import { ServiceError } from '../service-error.ts';
import type { CommandIo } from './command.ts';

/** `undertone serve`: runs the server until the signal. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const { config, printConfig, help, unknownVariables } = readConfig(argv);
    if (help) {
      io.stdout.write(usage());
      return 0;
    }
    if (printConfig) {
      io.stdout.write(`${printableConfig(config)}\n`);
      return 0;
    }
    // Loaded only now: what comes before needs no model runtime.
    const { serve } = await import('../main.ts');
    await serve({ config, unknownVariables, ...io });
    return 0;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    io.stderr.write(`undertone serve: ${printable(error.message)}\n`);
    return error.code === 'config-invalid' ? 2 : 1;
  }
}

function usage(): string {
  const rows = CONFIG_OPTIONS.map(({ flag, env, isSwitch, defaultText, description }) => {
    const name = flag === null ? `${env} (environment only)` : `${flag}${isSwitch ? '' : ' VALUE'}`;
    return `  ${name}\n      ${description} Default: ${defaultText.replaceAll('`', '')}.`;
  });
  return [
    'undertone serve [options]',
    '',
    'Serves calls and the dashboard. A switch is turned off with --no-…. Every option can be set in the environment:',
    '--max-sessions is UNDERTONE_MAX_SESSIONS.',
    '',
    ...rows,
    '  --print-config\n      Print the settings, secrets masked, and leave.',
    '  --help\n      Print this.',
    '',
  ].join('\n');
}
