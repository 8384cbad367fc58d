// `npm run check:python`: checks format, lint and types of the Python code with the tools that requirements-check.txt
// pins. Creates models/training/.venv if it does not exist, and installs only what is missing at the pinned version.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ENVIRONMENT = here('.venv');
const REQUIREMENTS = here('requirements-check.txt');

const NO_PYTHON = `The check of the Python code needs Python 3.11 or newer with the modules venv and pip.
  Debian, Ubuntu:  apt-get install python3 python3-venv
  macOS:           brew install python
  Windows:         winget install Python.Python.3.13
Or name one:       PYTHON=/path/to/python npm run check
Everything else:   npm run check:format, check:types, check:imports, check:api`;
const NO_TOOLS = `The tools of the check could not be installed. The package index must be reachable once, or install them yourself:
  models/training/.venv/bin/python -m pip install -r models/training/requirements-check.txt`;

/** Pinned names and versions, such as `ruff==0.1.0`. */
function pinned() {
  const lines = readFileSync(REQUIREMENTS, 'utf8').split(/\r?\n/);
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('=='));
}

function environmentPython() {
  return [`${ENVIRONMENT}/bin/python`, `${ENVIRONMENT}/Scripts/python.exe`].find((file) => existsSync(file));
}

function runs(program, args, stdio = 'ignore') {
  return spawnSync(program, args, { stdio, cwd: here('.') }).status === 0;
}

function makeEnvironment() {
  const isRecent = ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'];
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python'];
  const base = candidates.find((program) => runs(program, isRecent));
  if (base === undefined) return NO_PYTHON;
  process.stderr.write('making models/training/.venv\n');
  if (runs(base, ['-m', 'venv', ENVIRONMENT], ['ignore', 'ignore', 'inherit'])) return null;
  // Otherwise the next run would take an incomplete environment for a complete one.
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  return NO_PYTHON;
}

function installTools(python) {
  const wanted = Object.fromEntries(pinned());
  const ask = `import sys
from importlib.metadata import PackageNotFoundError, version
for pin in sys.argv[1:]:
    name, wanted = pin.split("==")
    try:
        if version(name) != wanted: sys.exit(1)
    except PackageNotFoundError:
        sys.exit(1)`;
  if (runs(python, ['-c', ask, ...Object.entries(wanted).map(([name, version]) => `${name}==${version}`)])) return null;
  process.stderr.write('installing the tools of the check into models/training/.venv\n');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS];
  return runs(python, install, ['ignore', 'inherit', 'inherit']) ? null : NO_TOOLS;
}

function check() {
  let problem = environmentPython() === undefined ? makeEnvironment() : null;
  const python = environmentPython();
  problem ??= python === undefined ? NO_PYTHON : installTools(python);
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    return false;
  }
  const folders = ['.', here('../../test')];
  const config = ['--config', here('pyproject.toml')];
  const checks = [
    ['ruff', 'format', '--check', ...config, ...folders],
    ['ruff', 'check', ...config, ...folders],
    ['mypy'],
  ];
  // Run all checks, so that one run shows every problem.
  return checks.map((args) => runs(python, ['-m', ...args], 'inherit')).every((passed) => passed);
}

process.exitCode = check() ? 0 : 1;
