import type { NodeScorePlugin } from '../framework.ts';

/** Prefers nodes whose cpu and memory would be used to a similar share. Pods that request neither are all the same. */
export const balancedAllocation: NodeScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  dependsOn: 'pods',
  score: (pod, { allocatable, requested }) => {
    if (pod.requests.milliCpu === 0 && pod.requests.memoryBytes === 0) return 0;
    if (allocatable.milliCpu === 0 || allocatable.memoryBytes === 0) return 100;
    const cpuShare = Math.min(1, (requested.milliCpu + pod.requests.milliCpu) / allocatable.milliCpu);
    const memoryShare = Math.min(1, (requested.memoryBytes + pod.requests.memoryBytes) / allocatable.memoryBytes);
    // The standard deviation of two values is half their difference.
    return Math.floor((1 - Math.abs(cpuShare - memoryShare) / 2) * 100);
  },
};
