import type { Attempt, ContainerTrack } from './pod-state.ts';
import { containerOf, measured, type StepEnvironment } from './step-environment.ts';
import { containerFieldPath } from './text.ts';

/** Kubernetes sets a postStart hook no limit; every wait needs one. */
const postStartTimeoutMs = 3_600_000;
/** A container whose postStart hook failed gets this long at most, as in Kubernetes. */
const defaultGraceSeconds = 30;

/**
 * A container was started, or was found running: its postStart hook runs unless it is known to be done, then its probes
 * begin. Does not wait for either. A hook that an earlier life of the agent began may run twice, as Kubernetes allows.
 */
export function noteRunning(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): void {
  const { context, worker, pod } = env;
  if (track.kind === 'sandbox') {
    track.hookedId = attempt.id;
    return;
  }
  const postStart = containerOf(pod, track).lifecycle?.postStart;
  if (!postStart || track.hookedId === attempt.id) {
    track.hookedId = attempt.id;
    return context.probes.start({ worker, pod, track, attempt });
  }
  if (!context.hooks.isRunning('postStart', attempt.id)) void runPostStart(env, track, attempt);
}

async function runPostStart(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  const { context, worker, pod } = env;
  const container = containerOf(pod, track);
  const target = { container, containerId: attempt.id, ip: worker.state.ip ?? '' };
  const part = { phase: 'postStart', track, attempt: attempt.number } as const;
  const result = await measured(env, part, () => context.hooks.run(target, 'postStart', postStartTimeoutMs));
  // It is looked at, and the hook begins anew where it runs on.
  if (result.type === 'cancelled') return worker.suspect(attempt.id);
  if (result.type === 'success') {
    track.hookedId = attempt.id;
    context.probes.start({ worker, pod, track, attempt });
    return worker.kick();
  }
  context.api.recordEvent({
    pod,
    type: 'Warning',
    reason: 'FailedPostStartHook',
    message: `PostStartHook failed: ${result.message}`,
    fieldPath: containerFieldPath(track.name, track.kind),
  });
  const graceSeconds = pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  track.condemned = { attemptId: attempt.id, message: 'FailedPostStartHook', graceSeconds };
  worker.kick();
}
