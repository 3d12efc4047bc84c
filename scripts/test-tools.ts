/**
 * What the tests need beside the npm dependencies: an engine that answers, kubectl, and a browser. On Debian and
 * Ubuntu as root it is installed; elsewhere a line says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ensureEngine } from '../apps/cli/src/engine/install-engine.ts';
import { createTerminal } from '../apps/cli/src/output/terminal.ts';

const busybox = ['/bin/busybox', '/usr/bin/busybox'];
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Makes sure of what the named stages need; throws an error that says what to install. */
export async function ensureTestTools(stages: readonly string[]): Promise<void> {
  const terminal = createTerminal(process.stdout);
  if (stages.some((name) => name === 'docker' || name === 'e2e')) {
    await ensureEngine(terminal);
    ensurePackage('busybox-static', () => busybox.some((path) => existsSync(path)));
  }
  if (stages.includes('browser') || stages.includes('e2e'))
    ensurePackage('chromium', () => browsers.some((path) => existsSync(path)));
}

function ensurePackage(name: string, isThere: () => boolean): void {
  if (isThere()) return;
  const canInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!canInstall) throw new Error(`the tests need ${name}: install it with your package manager`);
  console.log(`installing ${name} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
  const { status, stderr } = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0 || !isThere())
    throw new Error(`${name} could not be installed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
}
