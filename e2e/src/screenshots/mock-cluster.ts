import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../testbed/local-cluster.ts';

/** The dashboard on its make-believe cluster, as `gantry dashboard --mock` serves it. */
export class MockCluster implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** Begins with the `demo` scene unless the arguments name another. The page must have been built. */
  static async start(args: readonly string[]): Promise<MockCluster> {
    const program = `${repositoryRoot}apps/dashboard/mock/main.ts`;
    const child = spawn(process.execPath, [program, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new MockCluster(child, url.replace(/\/$/, ''));
  }

  /** Something happens: `kill-node`, `pending`; all are in apps/dashboard/mock/scenes.ts. */
  async play(scene: string): Promise<void> {
    await fetch(`${this.url}/mock/${scene}`);
  }

  /** A call of its API; what is refused throws. */
  async call(method: string, path: string, body: object): Promise<void> {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = { 'content-type': contentType };
    const answer = await fetch(`${this.url}/k8s${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  }

  async scale(name: string, replicas: number): Promise<void> {
    await this.call('PATCH', `/apis/apps/v1/namespaces/default/deployments/${name}`, { spec: { replicas } });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
