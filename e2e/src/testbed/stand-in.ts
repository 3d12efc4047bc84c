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
 * reached where these tests run. Images pinned by a digest are left out, since no local image can have it. An image
 * that this engine has already is left as it is. Resolves with what it built.
 */
export async function buildStandIns(docker: Docker, manifests: readonly string[]): Promise<string[]> {
  const built: string[] = [];
  for (const [image, ports] of portsByImage(manifests)) {
    if (await hasImage(docker, image)) continue;
    await buildStandIn(docker, image, [...ports]);
    built.push(image);
  }
  return built;
}

/** A server that answers http, tcp and grpc probes on these ports. */
export async function buildStandIn(docker: Docker, image: string, ports: readonly number[]): Promise<void> {
  const server = await readFile(fileURLToPath(new URL('./stand-in-server.mjs', import.meta.url)));
  const dockerfile = [
    `FROM ${runtimeImage}`,
    'COPY stand-in-server.mjs /stand-in-server.mjs',
    `ENV PORTS=${ports.join(',') || '8080'}`,
    'ENTRYPOINT ["node","/stand-in-server.mjs"]',
  ];
  await buildImage(docker, image, dockerfile.join('\n'), [
    { name: 'stand-in-server.mjs', mode: 0o644, content: server },
  ]);
}

async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch {
    // 404: it is to be built.
    return false;
  }
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
