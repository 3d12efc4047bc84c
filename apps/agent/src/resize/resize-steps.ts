import type { ContainerCgroup } from '../cgroups/container-resources.ts';
import { cpuWeightOf } from '../cgroups/pod-cgroups.ts';
import type { StepEnvironment } from '../pod/step-environment.ts';
import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { allocatedPod, allocationKey, desiredAllocation } from './allocation.ts';
import { decideResize } from './decide-resize.ts';
import { type PendingChange, pendingChanges } from './plan-resize.ts';
import type { ResourcesInForce } from './resources-in-force.ts';

const deferredRetryMs = 10_000;
const errorRetryMs = 10_000;

/** Grants the pod the resources of its spec, or says why not. */
export async function allocate(env: StepEnvironment): Promise<void> {
  const { context, worker, pod } = env;
  const { state } = worker;
  const desired = desiredAllocation(pod);
  const verdict = decideResize({ pod, others: context.api.pods().values(), allocatable: context.allocatable });
  if (verdict.type === 'granted') {
    await context.cgroups.growPod(pod);
    state.allocation = desired;
    state.resize = { isUnderWay: true };
    return;
  }
  const { type: reason, message } = verdict;
  const key = allocationKey(desired);
  const retryAt = reason === 'Deferred' ? context.clock.now() + deferredRetryMs : Number.POSITIVE_INFINITY;
  if (state.resize.refusal?.key !== key) {
    const event = { type: 'Warning', reason: `Resize${reason}`, message: `Pod resize ${reason}: ${message}` } as const;
    context.api.recordEvent({ pod, ...event });
  }
  state.resize = { ...state.resize, refusal: { key, reason, message, retryAt } };
}

/**
 * Puts granted resources in force. A cgroup never may hold less than those below it: what grows begins with the pod's,
 * what shrinks with the containers'.
 */
export async function resize(env: StepEnvironment): Promise<void> {
  const { context, worker, pod } = env;
  const { state } = worker;
  const granted = allocatedPod(pod, state.allocation);
  const changes = pendingChanges(pod, state, context.resourceFacts).filter(({ isRestart }) => !isRestart);
  try {
    for (const change of changes) await checkMemory(env, change);
    await context.cgroups.growPod(granted);
    for (const change of changes.toSorted((a, b) => memoryOf(a) - memoryOf(b))) await update(env, change);
    state.resize = { isUnderWay: true };
    if (pendingChanges(pod, state, context.resourceFacts).length > 0) return;
    await context.cgroups.ensurePod(granted);
    state.resize = {};
    context.api.recordEvent({ pod, type: 'Normal', reason: 'ResizeCompleted', message: 'Pod resize completed' });
  } catch (error) {
    if (isRuntimeError(error, 'unreachable', 'timeout')) throw error;
    const message = messageOf(error);
    if (state.resize.error?.message !== message) {
      context.api.recordEvent({ pod, type: 'Warning', reason: 'ResizeError', message: `Pod resize error: ${message}` });
    }
    state.resize = { ...state.resize, error: { message, retryAt: context.clock.now() + errorRetryMs } };
  }
}

/** By how much the memory limit grows. */
function memoryOf({ from, to }: PendingChange): number {
  return (to.memoryBytes ?? Number.MAX_SAFE_INTEGER) - (from.memoryBytes ?? Number.MAX_SAFE_INTEGER);
}

/** The kernel would kill the container for memory that it was allowed to use. */
async function checkMemory(
  { context, worker }: StepEnvironment,
  { attempt, track, from, to }: PendingChange,
): Promise<void> {
  if (to.memoryBytes === undefined || to.memoryBytes >= (from.memoryBytes ?? Number.POSITIVE_INFINITY)) return;
  const found = await context.cgroups.readContainer(worker.uid, attempt.id);
  if (found === undefined || found.memoryUsageBytes < to.memoryBytes) return;
  throw new Error(
    `attempting to set the memory limit of container ${track.name} below its current usage (limit ${to.memoryBytes}, usage ${found.memoryUsageBytes}); the old limit stays`,
  );
}

async function update({ context, worker }: StepEnvironment, { attempt, track, to }: PendingChange): Promise<void> {
  const { memoryBytes } = to;
  await context.runtime.updateContainer(attempt.id, {
    ...to,
    ...(memoryBytes === undefined ? {} : { memorySwapBytes: memoryBytes }),
  });
  track.inForce = { attemptId: attempt.id, resources: to };
  const found = await context.cgroups.readContainer(worker.uid, attempt.id);
  if (!found) return;
  const isSameWeight = found.cpuWeight !== undefined && found.cpuWeight === cpuWeightOf(to.cpuShares);
  const cpuShares = isSameWeight ? to.cpuShares : found.resources.cpuShares;
  track.observedResources = { attemptId: attempt.id, resources: observed({ ...found.resources, cpuShares }) };
}

function observed({ cpuShares, cpuQuota, memoryBytes }: ContainerCgroup['resources']): ResourcesInForce {
  return {
    cpuShares,
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}
