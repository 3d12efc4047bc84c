import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { findKubectl } from './kubectl.ts';
import { runCommand } from './local-cluster.ts';

/** An application as its authors published it. Paths are below the folder that has all of them. */
export interface PublishedApp {
  readonly title: string;
  /** Where its objects go: its own Namespace object, or one that the test makes. */
  readonly namespace: string;
  /** A file, or a folder with all its YAML. */
  readonly files?: string;
  /** A folder for `kubectl apply -k`. */
  readonly kustomize?: string;
  /** Components that the kustomization offers beside, by their folder in it. */
  readonly components?: readonly string[];
}

/**
 * Its YAML, unchanged but for digests: `name:tag@sha256:…` becomes `name:tag`, since no image that is made here can
 * have the digest of a published one.
 */
export async function readApp(root: string, app: PublishedApp): Promise<string> {
  const texts = [];
  if (app.files !== undefined) texts.push(...(await readFiles(join(root, app.files))));
  if (app.kustomize !== undefined) texts.push(await buildKustomization(root, app.kustomize, app.components ?? []));
  return texts.join('\n---\n').replaceAll(/@sha256:[0-9a-f]{64}/g, '');
}

/** The components that a kustomization offers, by their folder in it. */
export async function listComponents(root: string, kustomize: string): Promise<string[]> {
  return (await readdir(join(root, kustomize, 'components'))).toSorted().map((name) => `components/${name}`);
}

async function readFiles(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [await readFile(path, 'utf8')];
  const entries = await readdir(path, { recursive: true });
  // `common` has the namespace, which the others need.
  const names = entries.filter((name) => /\.ya?ml$/.test(name)).toSorted((a, b) => rank(a) - rank(b));
  return Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
}

function rank(name: string): number {
  return /namespace|-ns\.|^common/.test(name) ? 0 : 1;
}

async function buildKustomization(root: string, folder: string, components: readonly string[]): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'gantry e2e kustomize '));
  try {
    const app = folder.split('/')[0] ?? '';
    await cp(join(root, app), join(copy, app), { recursive: true });
    await addMissingFiles(join(copy, app));
    let target = join(copy, folder);
    if (components.length > 0) {
      target = join(copy, 'with-components');
      await cp(join(copy, folder), target, { recursive: true });
      await writeFile(join(target, 'kustomization.yaml'), JSON.stringify({ resources: ['base'], components }));
    }
    const { code, stdout, stderr } = await runCommand(await findKubectl(), ['kustomize', target]);
    if (code !== 0) throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
    return stdout;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Writes the scripts and settings that generators read, where a checkout has the YAML alone. */
async function addMissingFiles(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true });
  for (const name of entries.filter((entry) => entry.endsWith('kustomization.yaml'))) {
    const { configMapGenerator = [] } = parse(await readFile(join(dir, name), 'utf8')) as {
      configMapGenerator?: { files?: string[] }[];
    };
    for (const file of configMapGenerator.flatMap(({ files = [] }) => files)) {
      const path = join(dir, dirname(name), file);
      await mkdir(dirname(path), { recursive: true });
      // EEXIST: the checkout is complete.
      await writeFile(path, `# in place of ${file}\n`, { flag: 'wx' }).catch(() => undefined);
    }
  }
}
