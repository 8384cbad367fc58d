import { CONFIG_GROUPS } from '../config/config-groups.ts';
import { CONFIG_OPTIONS, type ConfigOption, printableConfig } from '../config/config-options.ts';
import { readConfig } from '../config/read-config.ts';
import { printable } from '../printable.ts';
import { ServiceError } from '../service-error.ts';
import type { CommandIo } from './command.ts';

/** `undertone serve`: runs the server until the signal aborts. */
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
    // Loaded here because the code above needs no model runtime.
    const { serve } = await import('../main.ts');
    await serve({ config, unknownVariables, ...io });
    return 0;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    io.stderr.write(`undertone serve: ${printable(error.message)}\n`);
    return error.code === 'config-invalid' ? 2 : 1;
  }
}

const WIDTH = 100;
const INDENT = '      ';

function usage(): string {
  const groups = CONFIG_GROUPS.flatMap(({ title, settings }) => [
    `${title}:`,
    '',
    ...settings.map((name) => optionHelp(CONFIG_OPTIONS.find((option) => option.name === name)!)),
    '',
  ]);
  return [
    'undertone serve [options]',
    '',
    'Runs the server and its dashboard. Each option can also be set in the environment: --max-sessions is',
    'UNDERTONE_MAX_SESSIONS. An option without VALUE is a switch, and --no-… turns it off.',
    '',
    ...groups,
    'Help:',
    '',
    '  --print-config\n      Print the settings that would be used, with secrets masked, and exit.',
    '  --help\n      Print this.',
    '',
  ].join('\n');
}

function optionHelp({ flag, env, isSwitch, defaultText, description }: ConfigOption): string {
  const name = flag === null ? `${env} (environment only)` : `${flag}${isSwitch ? '' : ' VALUE'}`;
  return `  ${name}\n${wrapped(`${description} Default: ${defaultText}.`.replaceAll('`', ''))}`;
}

/** Wraps the text into indented lines of at most {@link WIDTH} characters. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${INDENT}${word}`);
  }
  return lines.join('\n');
}
