// Runs before the tests: installs FFmpeg 8 (the Python package PyAV, into node_modules/.cache) and, on Debian as root,
// GStreamer's WebRTC, for the tests that publish with these programs.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PYAV = 'av==18.1.0';
const GSTREAMER = [
  ...['python3-gi', 'python3-gst-1.0', 'gir1.2-gst-plugins-base-1.0', 'gir1.2-gst-plugins-bad-1.0'],
  ...['gstreamer1.0-nice', 'gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-bad'],
];
const venv = fileURLToPath(new URL('../../../node_modules/.cache/pyav', import.meta.url));
const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };

if (spawnSync(`${venv}/bin/python`, ['-c', 'import av']).status !== 0) {
  console.log('installing FFmpeg 8 for its test …');
  try {
    execFileSync('python3', ['-m', 'venv', '--clear', venv], options);
    execFileSync(`${venv}/bin/pip`, ['install', '-q', PYAV], options);
  } catch (error) {
    console.warn(`no FFmpeg 8: its test is skipped (${error.message})`);
  }
}

const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
const hasGstreamer =
  spawnSync('/usr/bin/python3', ['-c', 'import gi; gi.require_version("GstWebRTC", "1.0")']).status === 0;
if (!hasGstreamer && mayInstall) {
  console.log('installing GStreamer for its test …');
  spawnSync('apt-get', ['update'], options);
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...GSTREAMER], options);
  } catch (error) {
    console.warn(`no GStreamer: its test is skipped (${error.message})`);
  }
}
