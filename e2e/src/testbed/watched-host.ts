import type { Node, Pod } from '@gantry/api-types';
import { InvariantMonitor, type WatchedCluster } from '../soak/invariants.ts';
import type { PodContainer } from '../soak/soak-cluster.ts';
import type { EngineHost } from './engine-host.ts';
import type { MultiHostCluster } from './multi-host-cluster.ts';

/** Every container of a pod on the host, as its engine has it; none while the engine is away. */
export async function containersOf(host: EngineHost): Promise<PodContainer[]> {
  const filters = { label: ['io.gantry.pod.uid'] };
  const found = await host.engine.listContainers({ all: true, filters }).catch(() => []);
  return found.map(({ Id, State, Labels }) => ({
    id: Id,
    state: State,
    node: Labels['io.gantry.node'] ?? '',
    namespace: Labels['io.gantry.pod.namespace'] ?? '',
    pod: Labels['io.gantry.pod.name'] ?? '',
    podUid: Labels['io.gantry.pod.uid'] ?? '',
    container: Labels['io.gantry.container'] ?? '',
  }));
}

/** Looks at a cluster of one host while `work` does something to it; rejects where something ran twice at once. */
export async function whileWatched(
  cluster: MultiHostCluster,
  host: EngineHost,
  work: () => Promise<void>,
): Promise<void> {
  const { client } = cluster;
  const watched: WatchedCluster = {
    docker: host.engine,
    containers: () => containersOf(host),
    pods: async () => (await client.json<{ items: Pod[] }>('/api/v1/pods')).items,
    nodes: async () => (await client.json<{ items: Node[] }>('/api/v1/nodes')).items,
  };
  const monitor = new InvariantMonitor(watched);
  try {
    await work();
  } finally {
    await monitor.stop();
  }
  monitor.check();
  if (monitor.looks === 0) throw new Error('nothing was looked at meanwhile');
}
