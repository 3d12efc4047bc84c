import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** What a run of kubectl printed. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Kubectl = (args: readonly string[], stdin?: string) => Promise<KubectlResult>;

/** The kubectl of a version, found beside the one on the PATH; undefined where there is none. */
export function findKubectl(version: string): string | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const found = join(directory, 'kubectl');
    if (!existsSync(found)) continue;
    const versioned = join(dirname(realpathSync(found)), `kubectl.${version}`);
    if (existsSync(versioned)) return versioned;
  }
  return undefined;
}

/** Runs a kubectl with its own kubeconfig and caches. */
export function kubectlWith(binary: string, kubeconfig: string, home: string): Kubectl {
  return (args, stdin) =>
    new Promise((resolve) => {
      const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home, KUBECACHEDIR: join(home, 'cache') };
      const child = execFile(binary, [...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end(stdin ?? '');
    });
}
