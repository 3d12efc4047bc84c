import type { MultiHostCluster } from './multi-host-cluster.ts';

/** How often each host's agent has connected to the controller so far. */
export function connections(cluster: MultiHostCluster): Promise<number[]> {
  return countInLogs(cluster, '"connected to the controller"');
}

/** How often each host's agent has tried to connect in vain so far. */
export function vainAttempts(cluster: MultiHostCluster): Promise<number[]> {
  return countInLogs(cluster, '"no connection to the controller');
}

async function countInLogs(cluster: MultiHostCluster, phrase: string): Promise<number[]> {
  const logs = await Promise.all(cluster.hosts.map((host) => host.agentLog()));
  return logs.map((log) => log.split(phrase).length - 1);
}
