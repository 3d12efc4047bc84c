import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isApiError, type KubernetesObject } from '@gantry/api-types';
import { planApplyPatch } from '@gantry/core/patch/three-way';
import { parseAllDocuments } from 'yaml';
import type { ApiConnection } from '../api/api-connection.ts';
import { Discovery, resourcePath } from '../api/discovery.ts';
import { connect } from '../api/kubeconfig.ts';
import type { Terminal } from '../output/terminal.ts';
import { isSystemError, messageOf, UserError } from '../output/user-error.ts';

/** Where kubectl keeps what was last applied; using the same lets both tools apply the same objects. */
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

export interface Manifests {
  /** Where objects without a namespace go. */
  readonly namespace: string;
  /** The file's name, for messages. */
  readonly source: string;
}

export interface Applied {
  readonly resource: string;
  readonly name: string;
  readonly outcome: 'created' | 'configured' | 'unchanged';
}

type Manifest = Omit<KubernetesObject, 'metadata'> & {
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
};

/** `gantry apply -f FILE…`: creates what is missing and patches the rest, as `kubectl apply` does on the client. */
export async function apply(
  terminal: Terminal,
  options: { dataDir: string; files: readonly string[]; namespace: string },
): Promise<void> {
  const api = await connect(options.dataDir);
  let failures = 0;
  for (const source of await listFiles(options.files)) {
    const manifests = { namespace: options.namespace, source };
    const text = source === '-' ? await readStandardInput() : await readFile(source, 'utf8');
    failures += await applyManifests(api, text, manifests, (result) => {
      if ('error' in result) terminal.warn(result.error);
      else terminal.line(`${result.resource}/${result.name} ${result.outcome}`);
    });
  }
  api.close();
  if (failures > 0) throw new UserError(`${failures} of the objects could not be applied`);
}

/** Applies every document of a YAML text, in order; a refused one does not stop the others. Resolves to how many were refused. */
export async function applyManifests(
  api: ApiConnection,
  text: string,
  manifests: Manifests,
  report: (result: Applied | { error: string }) => void = failOnError,
): Promise<number> {
  const discovery = new Discovery(api);
  let failures = 0;
  for (const manifest of parseManifests(text, manifests.source)) {
    try {
      report(await applyOne(api, discovery, manifest, manifests.namespace));
    } catch (error) {
      failures += 1;
      report({ error: `${manifests.source}: ${manifest.kind} "${manifest.metadata.name}": ${messageOf(error)}` });
    }
  }
  return failures;
}

function failOnError(result: Applied | { error: string }): void {
  if ('error' in result) throw new UserError(result.error);
}

/** Splits a YAML text into objects, `List` kinds included. Throws `UserError` naming the document that is wrong. */
export function parseManifests(text: string, source: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document, i) => {
    const [error] = document.errors;
    if (error) throw new UserError(`${source}, document ${i + 1}: ${error.message.split('\n')[0] ?? 'malformed YAML'}`);
    const value: unknown = document.toJS();
    if (value === null) return [];
    const items =
      isRecord(value) && Array.isArray(value.items) && typeof value.kind === 'string' && value.kind.endsWith('List')
        ? value.items
        : [value];
    return items.map((item: unknown) => toManifest(item, `${source}, document ${i + 1}`));
  });
}

function toManifest(value: unknown, where: string): Manifest {
  if (!isRecord(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') {
    throw new UserError(`${where}: not a Kubernetes object: apiVersion and kind are required`);
  }
  if (!isRecord(value.metadata) || typeof value.metadata.name !== 'string') {
    throw new UserError(`${where}: ${value.kind} without metadata.name`);
  }
  return value as unknown as Manifest;
}

async function applyOne(
  api: ApiConnection,
  discovery: Discovery,
  manifest: Manifest,
  defaultNamespace: string,
): Promise<Applied> {
  const resource = await discovery.resourceOf(manifest.apiVersion, manifest.kind);
  const namespace = manifest.metadata.namespace ?? defaultNamespace;
  const { name } = manifest.metadata;
  const desired = withLastApplied(manifest);
  const result = {
    resource: resource.groupVersion.includes('/')
      ? `${resource.singularName}.${resource.groupVersion.split('/')[0]}`
      : resource.singularName,
    name,
  };
  const query = '?fieldManager=gantry-apply&fieldValidation=Strict';
  let present: KubernetesObject;
  try {
    present = await api.json<KubernetesObject>({ path: resourcePath(resource, namespace, name) });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
    await api.json({ method: 'POST', path: `${resourcePath(resource, namespace)}${query}`, body: desired });
    return { ...result, outcome: 'created' };
  }
  const lastApplied: unknown = JSON.parse(present.metadata.annotations?.[lastAppliedAnnotation] ?? '{}');
  const changed = await api.json<KubernetesObject>({
    method: 'PATCH',
    path: `${resourcePath(resource, namespace, name)}${query}`,
    body: planApplyPatch(isRecord(lastApplied) ? lastApplied : {}, desired, manifest),
    contentType: 'application/strategic-merge-patch+json',
  });
  const isSame = changed.metadata.resourceVersion === present.metadata.resourceVersion;
  return { ...result, outcome: isSame ? 'unchanged' : 'configured' };
}

function withLastApplied(manifest: Manifest): Manifest {
  const { [lastAppliedAnnotation]: _previous, ...annotations } = manifest.metadata.annotations ?? {};
  const plain = { ...manifest, metadata: { ...manifest.metadata, annotations } };
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      annotations: { ...annotations, [lastAppliedAnnotation]: `${JSON.stringify(plain)}\n` },
    },
  };
}

async function listFiles(files: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const file of files) {
    if (file === '-' || !(await isDirectory(file))) all.push(file);
    else {
      const names = (await readdir(file)).filter((name) => /\.(ya?ml|json)$/.test(name));
      if (names.length === 0) throw new UserError(`${file} holds no file that ends in .yaml, .yml or .json`);
      all.push(...names.sort().map((name) => join(file, name)));
    }
  }
  return all;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw new UserError(`${path} does not exist`);
    throw error;
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
