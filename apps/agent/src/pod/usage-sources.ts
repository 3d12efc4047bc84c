import type { UsageSource } from '../cgroups/usage-sampler.ts';
import type { PodContext } from './pod-context.ts';
import type { PodWorker } from './pod-worker.ts';

/** What is to be sampled: the pods with containers that run, and where their figures are. */
export function usageSources(workers: Iterable<PodWorker>, { cgroups, network }: PodContext): UsageSource[] {
  const sources: UsageSource[] = [];
  for (const { uid, pod, state } of workers) {
    const containers: { id: string; name: string | undefined }[] = [];
    for (const { name, kind, attempts } of state.tracks.values()) {
      for (const { id, state: is } of attempts) {
        if (is === 'running') containers.push({ id, name: kind === 'sandbox' ? undefined : name });
      }
    }
    const [first] = containers;
    if (!first) continue;
    const link = network.linkOf(uid);
    const hasOwnNetwork = pod !== undefined && !pod.spec.hostNetwork;
    const source = link === undefined ? { containerId: first.id } : { link };
    sources.push({
      podUid: uid,
      containers,
      parent: cgroups.parentOf(uid),
      network: hasOwnNetwork ? source : undefined,
    });
  }
  return sources;
}
