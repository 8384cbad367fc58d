import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program that publishes a tone and a test picture by WHIP, and the Python that runs it. */
export interface WhipProgram {
  readonly name: 'FFmpeg' | 'GStreamer';
  readonly python: string;
  readonly script: string;
  /** True if it runs here. `ensure-whip-programs.mjs` installs what it needs. */
  readonly isInstalled: boolean;
}

const scriptOf = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
const runs = (python: string, code: string): boolean => spawnSync(python, ['-c', code]).status === 0;

export function findWhipPrograms(): WhipProgram[] {
  const pyav = fileURLToPath(new URL('../../../node_modules/.cache/pyav/bin/python', import.meta.url));
  const debian = '/usr/bin/python3';
  return [
    {
      name: 'FFmpeg',
      python: pyav,
      script: scriptOf('publish_by_ffmpeg.py'),
      isInstalled: runs(pyav, 'import av; assert "whip" in av.formats_available'),
    },
    {
      name: 'GStreamer',
      python: debian,
      script: scriptOf('publish_by_gstreamer.py'),
      isInstalled: runs(debian, 'import gi; gi.require_version("GstWebRTC", "1.0")'),
    },
  ];
}
