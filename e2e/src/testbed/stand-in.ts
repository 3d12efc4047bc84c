import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { parseAllDocuments } from 'yaml';
import { buildBusyboxImage, buildImage, type ContextFile } from './images.ts';
import { findStandInNeeds, type StandInNeeds } from './stand-in-needs.ts';

/** The Node image that `npm start` makes for the demo: the runtime of the stand-ins. */
const runtimeImage = 'gantry-demo/node:26';
/** What all stand-ins are made of: Node, busybox, the server and `reach.mjs`. Exists once a stand-in was built. */
export const standInBase = 'gantry-e2e/stand-in:1';
const standInTools = 'gantry-e2e/stand-in-tools:1';
/** What {@link buildStandIns} makes beside the images that it resolves with. */
export const standInParts: readonly string[] = [standInBase, standInTools];

/**
 * Builds, under the very names that the manifests use, images that answer the manifests' probes and have the programs
 * that the manifests' commands name: no registry can be reached where these tests run. An image that this engine has
 * already is left as it is. Resolves with what it built.
 */
export async function buildStandIns(docker: Docker, manifests: readonly string[]): Promise<string[]> {
  const documents = manifests.flatMap((text) => parseAllDocuments(text)).map((document) => document.toJS() as unknown);
  const needs = findStandInNeeds(documents);
  const namesByPorts = new Map<string, string[]>();
  for (const [image, ports] of needs.ports) {
    if (await hasImage(docker, image)) continue;
    const key = [...ports].toSorted((a, b) => a - b).join();
    namesByPorts.set(key, [...(namesByPorts.get(key) ?? []), image]);
  }
  if (namesByPorts.size === 0) return [];
  await buildStandInBase(docker, needs);
  for (const [ports, [first = '', ...others]] of namesByPorts) {
    await buildFromBase(docker, first, ports);
    for (const image of others) await tagImage(docker, first, image);
  }
  return [...namesByPorts.values()].flat();
}

/** A server that answers http, tcp and grpc probes on these ports. */
export async function buildStandIn(docker: Docker, image: string, ports: readonly number[]): Promise<void> {
  await buildStandInBase(docker, { servers: new Set(), checks: new Set() });
  await buildFromBase(docker, image, ports.join());
}

/** Node, busybox, the server and `reach.mjs`, which tells what can be reached from where it runs. */
async function buildStandInBase(docker: Docker, needs: Pick<StandInNeeds, 'servers' | 'checks'>): Promise<void> {
  await buildBusyboxImage(docker, standInTools);
  const names = ['stand-in-server.mjs', 'reach.mjs'];
  const programs = names.map(async (name): Promise<ContextFile> => {
    const content = await readFile(fileURLToPath(new URL(`./${name}`, import.meta.url)));
    return { name, mode: 0o644, content };
  });
  const dockerfile = [
    `FROM ${runtimeImage}`,
    `COPY --from=${standInTools} /bin /bin`,
    `COPY ${names.join(' ')} /stand-in/`,
    'COPY server check /stand-in/',
    `RUN ${linkPrograms(needs).join(' && ')}`,
    'ENV PATH=/usr/local/bin:/usr/bin:/bin',
    'ENTRYPOINT ["node","/stand-in/stand-in-server.mjs"]',
  ];
  await buildImage(docker, standInBase, dockerfile.join('\n'), [
    ...(await Promise.all(programs)),
    { name: 'server', mode: 0o755, content: '#!/bin/sh\nexec node /stand-in/stand-in-server.mjs\n' },
    { name: 'check', mode: 0o755, content: checkScript },
  ]);
}

/** What exec probes run in place of the image's own program: healthy where every port of the server takes connections. */
const checkScript = [
  '#!/bin/sh',
  'IFS=,',
  'for port in $STAND_IN_PORTS; do nc -w 2 127.0.0.1 "$port" </dev/null >/dev/null || exit 1; done',
  '',
].join('\n');

function linkPrograms({ servers, checks }: Pick<StandInNeeds, 'servers' | 'checks'>): string[] {
  const links = [
    ...[...servers].map((path) => ({ path, to: 'server' })),
    ...[...checks].filter((path) => !servers.has(path)).map((path) => ({ path, to: 'check' })),
  ];
  return ['true', ...links.map(({ path, to }) => `mkdir -p $(dirname ${path}) && ln -sf /stand-in/${to} ${path}`)];
}

async function buildFromBase(docker: Docker, image: string, ports: string): Promise<void> {
  await buildImage(docker, image, `FROM ${standInBase}\nENV STAND_IN_PORTS=${ports || '8080'}\n`, []);
}

async function tagImage(docker: Docker, from: string, to: string): Promise<void> {
  const tagAt = to.lastIndexOf(':');
  const hasTag = tagAt > to.lastIndexOf('/');
  await docker
    .getImage(from)
    .tag({ repo: hasTag ? to.slice(0, tagAt) : to, tag: hasTag ? to.slice(tagAt + 1) : 'latest' });
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
