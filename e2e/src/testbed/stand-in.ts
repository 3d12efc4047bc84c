import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { parseAllDocuments } from 'yaml';
import { buildImage } from './images.ts';

/** The Node image that `npm start` makes for the demo: the runtime of the stand-ins. */
const runtimeImage = 'gantry-demo/node:26';

interface Workload {
  spec?: { template?: { spec?: { containers?: WorkloadContainer[] } } };
}

interface WorkloadContainer {
  image: string;
  ports?: { containerPort: number }[];
}

/**
 * Builds, under the very names that the manifests use, images that answer the manifests' probes: no registry can be
 * reached where these tests run. Images pinned by a digest are left out, since no local image can have it.
 */
export async function buildStandIns(docker: Docker, manifests: readonly string[]): Promise<string[]> {
  const server = await readFile(fileURLToPath(new URL('./stand-in-server.mjs', import.meta.url)));
  const images = portsByImage(manifests);
  for (const [image, ports] of images) {
    const dockerfile = `FROM ${runtimeImage}\nCOPY stand-in-server.mjs /stand-in-server.mjs\nENV PORTS=${[...ports].join(',') || '8080'}\nENTRYPOINT ["node","/stand-in-server.mjs"]\n`;
    await buildImage(docker, image, dockerfile, [{ name: 'stand-in-server.mjs', mode: 0o644, content: server }]);
  }
  return [...images.keys()];
}

function portsByImage(manifests: readonly string[]): Map<string, Set<number>> {
  const images = new Map<string, Set<number>>();
  for (const document of manifests.flatMap((text) => parseAllDocuments(text))) {
    const workload = document.toJS() as Workload | null;
    for (const container of workload?.spec?.template?.spec?.containers ?? []) {
      if (container.image.includes('@')) continue;
      const ports = images.get(container.image) ?? new Set<number>();
      for (const { containerPort } of container.ports ?? []) ports.add(containerPort);
      images.set(container.image, ports);
    }
  }
  return images;
}
