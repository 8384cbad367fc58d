// Runs before the tests: makes sure that Chromium is there for tests that open a real page. Installs Debian's if it
// may, otherwise prints the command.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const found =
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some(existsSync) ||
  process.env.CHROMIUM_PATH;
if (!found) {
  const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (mayInstall) {
    console.log('installing chromium for the browser tests …');
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    spawnSync('apt-get', ['update'], options);
    try {
      execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
    } catch {
      console.warn('could not install chromium: the browser tests are skipped. Try: apt-get install chromium');
    }
  } else {
    console.warn(
      'no Chromium found: the browser tests are skipped. Install one (Debian: sudo apt-get install chromium) or name it in CHROMIUM_PATH.',
    );
  }
}
