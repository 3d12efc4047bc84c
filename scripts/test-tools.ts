/**
 * What the tests need beside the npm dependencies: an engine that answers, kubectl, and a browser. On Debian and
 * Ubuntu as root it is installed; elsewhere a line says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureEngine } from '../apps/cli/src/engine/install-engine.ts';
import { createTerminal } from '../apps/cli/src/output/terminal.ts';

/** Tools of the tests that no package manager put on the PATH; the tests look here too. */
const toolsDir = fileURLToPath(new URL('../node_modules/.cache/gantry-tools', import.meta.url));
const busybox = ['/bin/busybox', '/usr/bin/busybox'];
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Makes sure of what the named stages need; throws an error that says what to install. */
export async function ensureTestTools(stages: readonly string[]): Promise<void> {
  const terminal = createTerminal(process.stdout);
  if (stages.some((name) => name === 'docker' || name === 'e2e')) {
    await ensureEngine(terminal);
    ensurePackage('busybox-static', () => busybox.some((path) => existsSync(path)));
  }
  if (stages.includes('e2e') || stages.includes('unit')) ensureKubectl();
  if (stages.includes('browser') || stages.includes('e2e'))
    ensurePackage('chromium', () => browsers.some((path) => existsSync(path)));
}

/** Debian's kubectl, unpacked beside the dependencies: installing the package would replace a newer one. */
function ensureKubectl(): void {
  const isOnPath = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
  if (isOnPath || existsSync(`${toolsDir}/usr/bin/kubectl`)) return;
  console.log('unpacking kubectl from the package kubernetes-client');
  mkdirSync(toolsDir, { recursive: true });
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  spawnSync('apt-get', ['download', '-qq', 'kubernetes-client'], { cwd: toolsDir, stdio: 'ignore' });
  const [archive] = readdirSync(toolsDir).filter((name) => name.endsWith('.deb'));
  if (archive) spawnSync('dpkg', ['-x', archive, '.'], { cwd: toolsDir, stdio: 'ignore' });
  if (!existsSync(`${toolsDir}/usr/bin/kubectl`))
    throw new Error('the tests need kubectl on the PATH (https://kubernetes.io/docs/tasks/tools/)');
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
