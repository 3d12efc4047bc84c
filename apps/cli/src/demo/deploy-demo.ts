import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ApiConnection } from '../api/api-connection.ts';
import { applyManifests, parseManifests } from '../commands/apply.ts';

const manifest = fileURLToPath(new URL('../../../../examples/demo/demo.yaml', import.meta.url));

/** The namespace the demo is deployed to. */
export const demoNamespace = 'default';

/**
 * Applies the demo's YAML: what is there already is brought up to it. Resolves with the names of its Deployments.
 * Rejects with a `UserError` that names the object where one is refused.
 */
export async function deployDemo(api: ApiConnection): Promise<readonly string[]> {
  const text = await readFile(manifest, 'utf8');
  await applyManifests(api, text, { namespace: demoNamespace, source: manifest });
  return parseManifests(text, manifest).flatMap(({ kind, metadata }) => (kind === 'Deployment' ? [metadata.name] : []));
}
