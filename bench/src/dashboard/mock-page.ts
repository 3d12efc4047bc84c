import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '@gantry/e2e/testbed/local-cluster';

const dashboardDir = `${repositoryRoot}apps/dashboard`;

/** The page as operators get it, built into a folder of its own. */
export async function buildPage(): Promise<string> {
  const dist = await mkdtemp(join(tmpdir(), 'gantry-bench-page-'));
  const vite = `${repositoryRoot}node_modules/vite/bin/vite.js`;
  const child = spawn(process.execPath, [vite, 'build', '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: dashboardDir,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`vite build exited with ${code}`);
  return dist;
}

export interface MockOptions {
  readonly dist: string;
  readonly nodes: number;
  readonly scene: string;
  /** Of each node, thousandths of a core. */
  readonly cpuMilli?: number;
}

/** The page on a make-believe cluster, in a process of its own as the controller would be. */
export class MockPage implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start({ dist, nodes, scene, cpuMilli = 4000 }: MockOptions): Promise<MockPage> {
    const args = [
      'mock/main.ts',
      '--port',
      '0',
      '--nodes',
      `${nodes}`,
      '--scene',
      scene,
      '--dist',
      dist,
      '--cpu',
      `${cpuMilli}`,
    ];
    const child = spawn(process.execPath, args, { cwd: dashboardDir, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('http://')) return new MockPage(line.trim(), child);
    }
    throw new Error('the mock server ended before it said where it listens');
  }

  /** Plays a scene of `apps/dashboard/mock/scenes.ts`. */
  async play(scene: string): Promise<void> {
    const answer = await fetch(new URL(`mock/${scene}`, this.url));
    if (!answer.ok) throw new Error(`the scene ${scene} was answered with ${answer.status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

export async function removePage(dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
}
