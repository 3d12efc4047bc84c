import type { Pod, StartPhase } from '@gantry/api-types';

/**
 * The phases of a pod's first start: those that its agent measured, and what the pod's own times tell of the rest. These
 * are whole seconds. Without a measurement of becoming ready (the agent has restarted since) the conditions tell that
 * too, unless a container was restarted. Pure.
 */
export function startPhases(pod: Pod, measured: readonly StartPhase[]): readonly StartPhase[] {
  const isMeasured = measured.some(({ phase }) => phase === 'becomingReady');
  const told = [schedulingPhase(pod), isMeasured ? undefined : readyPhase(pod)].filter((phase) => phase !== undefined);
  return [...told, ...measured].sort((a, b) => a.startedAt - b.startedAt);
}

function schedulingPhase(pod: Pod): StartPhase | undefined {
  const boundAt = timeOf(pod, 'PodScheduled');
  return between('scheduling', Date.parse(pod.metadata.creationTimestamp), boundAt);
}

function readyPhase(pod: Pod): StartPhase | undefined {
  const { containerStatuses = [] } = pod.status;
  const hasRestarted = containerStatuses.some(({ restartCount }) => restartCount > 0);
  const starts = containerStatuses.map(({ state }) => Date.parse(state?.running?.startedAt ?? ''));
  if (hasRestarted || starts.length < pod.spec.containers.length) return undefined;
  return between('becomingReady', Math.max(...starts), timeOf(pod, 'Ready'));
}

function timeOf({ status }: Pod, type: string): number {
  const condition = status.conditions?.find((each) => each.type === type && each.status === 'True');
  return Date.parse(condition?.lastTransitionTime ?? '');
}

function between(phase: 'scheduling' | 'becomingReady', from: number, to: number): StartPhase | undefined {
  if (Number.isNaN(from) || Number.isNaN(to)) return undefined;
  return { phase, startedAt: from, durationMs: Math.max(0, to - from), source: 'conditions' };
}
