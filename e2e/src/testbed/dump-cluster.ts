import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runKubectl } from './kubectl.ts';
import type { MultiHostCluster } from './multi-host-cluster.ts';

const logLines = 60;

/** All there is to say about a cluster in which a test failed: objects, events, containers and the ends of the logs. */
export async function dumpCluster(cluster: MultiHostCluster): Promise<string> {
  const sections: [title: string, text: Promise<string>][] = [
    ['nodes', kubectl(cluster, 'get', 'nodes', '-o', 'wide')],
    ['objects', kubectl(cluster, 'get', 'deployments,replicasets,pods', '-A', '-o', 'wide')],
    ['events', kubectl(cluster, 'get', 'events', '-A', '--sort-by=.lastTimestamp')],
    ['controller log', readFile(join(cluster.dataDir, 'logs/controller.log'), 'utf8').then(lastLines)],
    ...cluster.hosts.flatMap((host): [string, Promise<string>][] => [
      [`containers on ${host.name}`, host.podContainers().then((found) => found.map(describe).join('\n'))],
      [`agent log of ${host.name}`, host.agentLog().then(lastLines)],
    ]),
  ];
  const texts = await Promise.all(
    // A host that is down, say, has no log to show; the rest is wanted all the same.
    sections.map(
      async ([title, text]) => `--- ${title}\n${await text.catch((error: unknown) => `(${String(error)})`)}`,
    ),
  );
  return texts.join('\n');
}

async function kubectl(cluster: MultiHostCluster, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runKubectl(cluster.kubeconfig, args);
  return stdout + stderr;
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-logLines).join('\n');
}

function describe({
  namespace,
  pod,
  id,
  state,
}: {
  namespace: string;
  pod: string;
  id: string;
  state: string;
}): string {
  return `${namespace}/${pod} ${id.slice(0, 12)} ${state}`;
}
