import { ApiError, isApiError, type SimulationSpec, type SimulationStatus } from '@gantry/api-types';
import { isPodTerminal } from '../reconcile/pod-state.ts';
import { answerOf, nodeTotals } from './answer.ts';
import { applyChange } from './apply-change.ts';
import { type Placement, placePods } from './place-pods.ts';
import { Scene } from './scene.ts';
import type { SimulationSource } from './source.ts';

/** A simulation that has run: the answer, and the scene it was found in. */
export interface SimulationRun {
  readonly scene: Scene;
  readonly placement: Placement;
  readonly status: Omit<SimulationStatus, 'durationMs' | 'fixes'>;
}

/**
 * Carries the changes out on a copy of the state and lets the real scheduler place what then has no node. Pods that are
 * being deleted count as gone, a rollout under way as finished. Pure but for the copy: the source stays as it is. Yields
 * where other work may have its turn. Throws `ApiError` where a change names what does not exist.
 */
export function* simulate(source: SimulationSource, spec: SimulationSpec): Generator<void, SimulationRun> {
  const scene = new Scene(source);
  const before = nodeTotals(scene.snapshot);
  settleState(scene);
  const pending = new Set(scene.queue.keys());
  yield;
  for (const [index, change] of (spec.changes ?? []).entries()) {
    try {
      applyChange(scene, change);
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw new ApiError(error.reason, `spec.changes[${index}]: ${error.message}`, error.details, { cause: error });
    }
    yield;
  }
  const placement = yield* placePods(scene.snapshot, [...scene.queue.values()]);
  const status = yield* answerOf({ scene, placement, spec, before, pending });
  return { scene, placement, status };
}

/** Runs a simulation without interruption. */
export function runToEnd<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Queues what waits for a node now, and lets go what is about to. */
function settleState(scene: Scene): void {
  for (const pod of scene.source.lister('pods').list()) {
    const { metadata, spec } = pod;
    if (isPodTerminal(pod)) continue;
    if (metadata.deletionTimestamp !== undefined) {
      scene.remove(pod);
      continue;
    }
    const isWaiting =
      !spec.nodeName && !spec.schedulingGates?.length && (spec.schedulerName ?? '') === 'default-scheduler';
    if (isWaiting && !scene.snapshot.placed(metadata.uid)) scene.enqueue(pod, { isNew: false });
  }
}
