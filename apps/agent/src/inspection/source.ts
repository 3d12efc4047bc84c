import type { Pod, StartPhase } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { CgroupLayout } from '../cgroups/cgroup-paths.ts';
import type { PodState } from '../pod/pod-state.ts';
import type { ResourceFacts } from '../pod/resources.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';

/** What is asked of the engine. */
export type InspectedRuntime = Pick<
  ContainerRuntime,
  'inspectContainer' | 'writableLayerBytes' | 'listImages' | 'imageHistory'
>;

/** What inspections are made from, beside `/proc`. */
export interface InspectionSource {
  readonly runtime: InspectedRuntime;
  readonly clock: Clock;
  readonly layout: CgroupLayout;
  readonly resourceFacts: ResourceFacts;
  /** The pods that are set up on the node. */
  pods(): readonly InspectedPod[];
  phasesOf(podUid: string): readonly StartPhase[];
}

export interface InspectedPod {
  readonly pod: Pod;
  readonly state: PodState;
  /** The cgroup above its containers'; undefined where it has none of its own. */
  readonly cgroupParent: string | undefined;
}
