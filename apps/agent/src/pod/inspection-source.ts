import type { CgroupLayout } from '../cgroups/cgroup-paths.ts';
import type { InspectionSource } from '../inspection/source.ts';
import type { PodContext } from './pod-context.ts';
import type { PodWorker } from './pod-worker.ts';

/** What inspections see of the node's pods. */
export function inspectionSource(
  { runtime, clock, resourceFacts, cgroups, phases }: PodContext,
  layout: CgroupLayout,
  workers: () => Iterable<PodWorker>,
): InspectionSource {
  return {
    runtime,
    clock,
    layout,
    resourceFacts,
    pods: () =>
      [...workers()].flatMap(({ uid, pod, state }) =>
        pod && !state.isReleased ? [{ pod, state, cgroupParent: cgroups.parentOf(uid) }] : [],
      ),
    phasesOf: (uid) => phases.of(uid),
  };
}
