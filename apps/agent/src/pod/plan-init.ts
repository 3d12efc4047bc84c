import { planContainer } from './plan-container.ts';
import { type PlanInput, type PodStep, waitUntil } from './plan-step.ts';
import { isSidecar } from './pod-containers.ts';
import { lastAttempt } from './pod-state.ts';
import { hasSucceeded } from './restart-policy.ts';

export interface InitPlan {
  /** The regular containers' turn has come. */
  readonly isDone: boolean;
  /** What to do first; a wait where there is nothing. */
  readonly step: PodStep;
}

/**
 * Init containers in their order: each runs to its end before the next begins; a sidecar only has to have started, its
 * startup probe and postStart hook included, and is kept running from then on. Pure.
 */
export function planInitContainers(input: PlanInput, sandboxId: string): InitPlan {
  const { pod, state } = input;
  const isBegun = hasBegun(input, sandboxId);
  let until: number | undefined;
  for (const container of pod.spec.initContainers ?? []) {
    const track = state.tracks.get(container.name);
    const attempt = track && lastAttempt(track);
    if (!isSidecar(container)) {
      if (isBegun || (attempt && hasSucceeded(attempt) && attempt.sandboxId === sandboxId)) continue;
      const step = planContainer(input, container, sandboxId);
      if (step.type !== 'wait') return { isDone: false, step };
      if (step.isOver) return { isDone: false, step: { type: 'end', phase: 'Failed' } };
      return { isDone: false, step: waitUntil(until, step.until) };
    }
    const step = planContainer(input, container, sandboxId);
    if (step.type !== 'wait') return { isDone: false, step };
    until = waitUntil(until, step.until).until;
    if (!isBegun && !track?.isStarted) return { isDone: false, step: waitUntil(until) };
  }
  return { isDone: true, step: waitUntil(until) };
}

/** A regular container was made in these namespaces: the init containers are behind us. */
export function hasBegun({ pod, state }: Pick<PlanInput, 'pod' | 'state'>, sandboxId: string): boolean {
  return pod.spec.containers.some(({ name }) =>
    state.tracks.get(name)?.attempts.some((attempt) => attempt.sandboxId === sandboxId),
  );
}
