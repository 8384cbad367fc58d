// `npm run evaluate`: finds a Python that has the packages of evaluate.py, and runs the script with the same arguments.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const NEEDED = 'import numpy, onnx, onnxruntime, soundfile, tokenizers, torch';

const environments = [here('.venv/'), here('../../.venv/'), process.env.VIRTUAL_ENV && `${process.env.VIRTUAL_ENV}/`];
const candidates = [
  process.env.PYTHON,
  ...environments
    .filter(Boolean)
    .flatMap((folder) => [`${folder}bin/python`, `${folder}Scripts/python.exe`].filter(existsSync)),
  'python3',
  'python',
].filter(Boolean);
const python = candidates.find((program) => spawnSync(program, ['-c', NEEDED], { stdio: 'ignore' }).status === 0);

if (python === undefined) {
  process.stderr.write(
    'evaluate needs Python with models/training/requirements.txt installed: python3 -m venv models/training/.venv, ' +
      'then models/training/.venv/bin/pip install -r models/training/requirements.txt (or name one in PYTHON).\n',
  );
  process.exitCode = 2;
} else {
  const { status } = spawnSync(python, [here('evaluate.py'), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
