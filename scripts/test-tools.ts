/**
 * What the tests need beside the npm dependencies: an engine that answers, kubectl, and a browser. On Debian and
 * Ubuntu as root it is installed; elsewhere a line says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureDemoImages } from '../apps/cli/src/demo/demo-images.ts';
import { openEngine } from '../apps/cli/src/engine/engine.ts';
import { ensureEngine } from '../apps/cli/src/engine/install-engine.ts';
import { createTerminal } from '../apps/cli/src/output/terminal.ts';

/** Tools of the tests that no package manager put on the PATH; the tests look here too. */
const toolsDir = fileURLToPath(new URL('../node_modules/.cache/gantry-tools', import.meta.url));
const busybox = ['/bin/busybox', '/usr/bin/busybox'];
const networkTools = [
  ['nftables', 'nft'],
  ['iproute2', 'ip'],
  ['conntrack', 'conntrack'],
] as const;
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Makes sure of what the named stages need; throws an error that says what to install. */
export async function ensureTestTools(stages: readonly string[]): Promise<void> {
  const terminal = createTerminal(process.stdout);
  if (stages.some((name) => name === 'docker' || name === 'e2e')) {
    await ensureEngine(terminal);
    ensurePackage('busybox-static', () => busybox.some((path) => existsSync(path)));
    // Where somebody else installed the engine: the pods' network is made with these.
    for (const [name, program] of networkTools)
      ensurePackage(name, () => ['/usr/sbin', '/sbin', '/usr/bin'].some((dir) => existsSync(`${dir}/${program}`)));
  }
  if (stages.includes('e2e')) {
    // Unpacked only: the package would start a registry of its own.
    ensureUnpacked('docker-registry', 'docker-registry', 'https://distribution.github.io/distribution/');
    ensurePackage('openssl', () => existsSync('/usr/bin/openssl'));
    // Tests without the demo build their images on its Node image, too.
    await ensureDemoImages(openEngine(), (text) => console.log(text));
  }
  if (stages.includes('bench')) ensurePackage('wrk', () => existsSync('/usr/bin/wrk'));
  if (stages.includes('e2e') || stages.includes('unit')) ensureKubectl();
  if (stages.includes('browser') || stages.includes('e2e'))
    ensurePackage('chromium', () => browsers.some((path) => existsSync(path)));
}

/** Debian's kubectl, unpacked beside the dependencies: installing the package would replace a newer one. */
function ensureKubectl(): void {
  const isOnPath = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
  if (!isOnPath) ensureUnpacked('kubernetes-client', 'kubectl', 'https://kubernetes.io/docs/tasks/tools/');
}

/** A program of a Debian package, unpacked beside the dependencies unless it is installed. */
function ensureUnpacked(name: string, program: string, elsewhere: string): void {
  const isThere = () => existsSync(`/usr/bin/${program}`) || existsSync(`${toolsDir}/usr/bin/${program}`);
  if (isThere()) return;
  console.log(`unpacking ${program} from the package ${name}`);
  mkdirSync(toolsDir, { recursive: true });
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  spawnSync('apt-get', ['download', '-qq', name], { cwd: toolsDir, stdio: 'ignore' });
  const archive = readdirSync(toolsDir).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  if (archive) spawnSync('dpkg', ['-x', archive, '.'], { cwd: toolsDir, stdio: 'ignore' });
  if (!isThere()) throw new Error(`the tests need ${program}: ${elsewhere}`);
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
