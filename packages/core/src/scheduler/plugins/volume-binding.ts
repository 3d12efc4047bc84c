import type { ClusterFilterPlugin } from '../framework.ts';
import { unschedulable } from '../framework.ts';
import { claimsProblem, preparePodVolumes } from '../pod-volumes.ts';

/**
 * Keeps a pod on the nodes that its volumes can be reached from; for claims that wait for their first pod, on nodes
 * where a volume is free or can be made. Costs pods without claims nothing.
 */
export const volumeBinding: ClusterFilterPlugin = {
  name: 'VolumeBinding',
  dependsOn: 'cluster',
  refusesPod: (pod, { volumes }) => (pod.claims.length === 0 ? undefined : claimsProblem(pod, volumes)),
  prepare: (pod, { volumes }) => {
    if (pod.claims.length === 0) return undefined;
    const problem = claimsProblem(pod, volumes);
    if (problem === undefined) return preparePodVolumes(pod, volumes).check;
    const refusal = unschedulable(problem);
    return () => refusal;
  },
};
