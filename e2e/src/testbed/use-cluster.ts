import type { Toleration } from '@gantry/api-types';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { dumpCluster } from './dump-cluster.ts';
import { MultiHostCluster } from './multi-host-cluster.ts';
import { Workload } from './workload.ts';

/** The cluster of a `describe` block; known once its first hook has run. */
export interface ClusterOfTests {
  cluster(): MultiHostCluster;
  /** Runs `replicas` pods in a namespace of the test's own, which is removed after the test. */
  deploy(namespace: string, replicas: number, tolerations?: readonly Toleration[]): Promise<Workload>;
}

/** Starts a cluster of hosts before the tests of a block and stops it after them. What a failed test left is printed. */
export function useCluster(hostNames: readonly string[]): ClusterOfTests {
  let started: MultiHostCluster | undefined;
  const workloads: Workload[] = [];
  const cluster = (): MultiHostCluster => {
    if (!started) throw new Error('the cluster has not started');
    return started;
  };

  beforeAll(async () => {
    started = await MultiHostCluster.start(hostNames);
  });

  afterEach(async ({ task }) => {
    // Before the objects are removed, which would leave little to see.
    if (task.result?.state === 'fail') console.error(await dumpCluster(cluster()));
    for (const workload of workloads.splice(0)) await workload.remove();
  });

  afterAll(async () => {
    await started?.stop();
  });

  return {
    cluster,
    deploy: async (namespace, replicas, tolerations = []) => {
      const workload = await Workload.create(cluster(), namespace, { replicas, tolerations });
      workloads.push(workload);
      await workload.waitUntilComplete(replicas);
      return workload;
    },
  };
}
