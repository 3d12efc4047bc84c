import type { ClusterState } from '../cluster-state.ts';

/** The state of a cluster without nodes at the default places, but for what `change` says. */
export function testState(change: Partial<ClusterState> = {}): ClusterState {
  return {
    version: 1,
    cluster: 'g1',
    server: 'https://127.0.0.1:6443',
    dashboardPort: 8080,
    clusterCidr: '10.1.0.0/16',
    controller: { pid: 1, startedAt: '' },
    nodes: [],
    isEngineStartedByUs: false,
    ...change,
  };
}
