import { access, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CommandResult, repositoryRoot, runCommand } from './local-cluster.ts';

/** Where `npm test` unpacks one where the machine has none. */
const unpacked = join(repositoryRoot, 'node_modules/.cache/gantry-tools/usr/bin/kubectl');

/**
 * A real kubectl of this machine: the newest `kubectl.1.NN` beside a dispatcher of several, else the one on the PATH,
 * else the one that the test tools unpacked. Rejects where there is none.
 */
export async function findKubectl(): Promise<string> {
  for (const dir of (process.env.PATH ?? '').split(':')) {
    const path = await realpath(join(dir, 'kubectl')).catch(() => undefined);
    if (path === undefined) continue;
    const siblings = (await readdir(dirname(path))).filter((name) => /^kubectl\.1\.\d+$/.test(name));
    const newest = siblings.toSorted((a, b) => Number(b.slice(10)) - Number(a.slice(10)))[0];
    return newest === undefined ? path : join(dirname(path), newest);
  }
  await access(unpacked);
  return unpacked;
}

/** Runs kubectl against a cluster to its end; never rejects for a non-zero exit. */
export async function runKubectl(kubeconfig: string, args: readonly string[], input?: string): Promise<CommandResult> {
  const env = { KUBECONFIG: kubeconfig };
  return runCommand(await findKubectl(), args, input === undefined ? { env } : { env, input });
}

/** As {@link runKubectl}; rejects with what it said where it fails, else returns its standard output. */
export async function mustKubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runKubectl(kubeconfig, args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed (${code}): ${stderr}`);
  return stdout;
}

/** Every kubectl of this machine, oldest first: the `kubectl.1.NN` beside a dispatcher of several, else the only one. */
export async function findAllKubectls(): Promise<string[]> {
  const newest = await findKubectl();
  const minor = (path: string) => Number(/\.1\.(\d+)$/.exec(path)?.[1] ?? 0);
  if (minor(newest) === 0) return [newest];
  const siblings = (await readdir(dirname(newest))).filter((name) => /^kubectl\.1\.\d+$/.test(name));
  return siblings.toSorted((a, b) => minor(a) - minor(b)).map((name) => join(dirname(newest), name));
}
