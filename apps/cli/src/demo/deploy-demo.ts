import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ApiConnection } from '../api/api-connection.ts';
import { applyManifests } from '../commands/apply.ts';

const manifest = fileURLToPath(new URL('../../../../examples/demo/demo.yaml', import.meta.url));

/** The namespace the demo is deployed to. */
export const demoNamespace = 'default';

/** Applies the demo's YAML: what is there already is brought up to it. */
export async function deployDemo(api: ApiConnection): Promise<void> {
  await applyManifests(api, await readFile(manifest, 'utf8'), { namespace: demoNamespace, source: manifest });
}
