import type { Container, Pod } from '@gantry/api-types';
import type { PlanInput, PodStep } from '../pod/plan-step.ts';
import { stoppingStep, stopStep } from '../pod/plan-stop.ts';
import { type Attempt, type ContainerTrack, lastAttempt, type PodState } from '../pod/pod-state.ts';
import { containerResources, type ResourceFacts } from '../pod/resources.ts';
import { allocatedPod, allocationKey, desiredAllocation, resizableContainers } from './allocation.ts';
import { differencesOf, needsRestart, type ResourcesInForce, resourcesInForce } from './resources-in-force.ts';

/**
 * What to do so that running containers have the resources of their spec: first the node grants them, then they are put
 * in force, by a restart where the container's `resizePolicy` wants one. A wait where there is nothing to do now. Pure.
 */
export function planResize(input: PlanInput, facts: ResourceFacts): PodStep {
  const { pod, state, now } = input;
  const { resize } = state;
  const key = allocationKey(desiredAllocation(pod));
  let until: number | undefined;
  if (key !== allocationKey(state.allocation)) {
    const isRefused = resize.refusal?.key === key;
    if (!isRefused || now >= resize.refusal.retryAt) return { type: 'allocate' };
    if (Number.isFinite(resize.refusal.retryAt)) until = resize.refusal.retryAt;
  }
  const changes = pendingChanges(pod, state, facts);
  if (changes.length === 0) return resize.isUnderWay ? { type: 'resize' } : wait(until);
  for (const { track, attempt, isRestart } of changes) {
    if (!isRestart || stoppingStep(track, attempt, now, undefined)) continue;
    return stopStep(input, track, attempt, { message: `Container ${track.name} resize requires restart` });
  }
  if (changes.every(({ isRestart }) => isRestart)) return wait(until);
  if (resize.error && now < resize.error.retryAt)
    return wait(Math.min(until ?? Number.POSITIVE_INFINITY, resize.error.retryAt));
  return { type: 'resize' };
}

export interface PendingChange {
  readonly container: Container;
  readonly track: ContainerTrack;
  readonly attempt: Attempt;
  readonly from: ResourcesInForce;
  readonly to: ResourcesInForce;
  /** By a restart of the container. */
  readonly isRestart: boolean;
}

/** The running containers whose resources are not those that they were granted. Pure. */
export function pendingChanges(pod: Pod, state: PodState, facts: ResourceFacts): PendingChange[] {
  const granted = allocatedPod(pod, state.allocation);
  return resizableContainers(granted).flatMap((container) => {
    const track = state.tracks.get(container.name);
    const attempt = track && lastAttempt(track);
    const { inForce } = track ?? {};
    if (!track || attempt?.state !== 'running' || inForce?.attemptId !== attempt.id) return [];
    const to = resourcesInForce(containerResources(granted, container, facts));
    const differences = differencesOf(inForce.resources, to);
    if (!differences.cpu && !differences.memory) return [];
    const isRestart = needsRestart(container.resizePolicy, differences);
    return [{ container, track, attempt, from: inForce.resources, to, isRestart }];
  });
}

function wait(until: number | undefined): PodStep {
  return until === undefined || !Number.isFinite(until) ? { type: 'wait' } : { type: 'wait', until };
}
