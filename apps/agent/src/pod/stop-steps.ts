import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import type { StopStep } from './plan-step.ts';
import { findContainer } from './pod-containers.ts';
import type { Attempt, ContainerTrack } from './pod-state.ts';
import { recordContainerEvent, type StepEnvironment } from './step-environment.ts';

/** SIGKILL is sent again where the engine did not manage the first time. */
const killAgainMs = 10_000;
/** The engine itself kills at the end of the grace period; only where it does not, we do. */
const killSlackMs = 2_000;
/** What a preStop hook leaves at least of the grace period, as in Kubernetes. */
const minGraceSeconds = 2;

/** Begins to stop a container; that goes on in the background, and its end arrives as an event. */
export function stop(env: StepEnvironment, track: ContainerTrack, step: StopStep): void {
  const { context, worker } = env;
  const { attempt, message, graceSeconds, deadline } = step;
  context.probes.stop(worker.uid, track.name);
  const killAt = context.clock.now() + graceSeconds * 1000 + killSlackMs;
  track.stopping = { attemptId: attempt.id, killAt, isKilled: false, ...(deadline === undefined ? {} : { deadline }) };
  if (env.pod.metadata.name !== '') recordContainerEvent(env, track, { type: 'Normal', reason: 'Killing', message });
  void stopGracefully(env, track, step)
    .catch((error: unknown) => {
      // An engine that did not hear the request is asked again; otherwise the time for SIGKILL comes.
      if (isRuntimeError(error, 'unreachable')) forgetStop(track, attempt);
      context.logger.warn({ podUid: worker.uid, container: track.name, err: messageOf(error) }, 'stop failed');
    })
    .finally(() => worker.suspect(attempt.id));
}

async function stopGracefully(env: StepEnvironment, track: ContainerTrack, step: StopStep): Promise<void> {
  const { attempt, graceSeconds } = step;
  const leftSeconds = await runPreStop(env, track, step);
  if (leftSeconds === undefined) return forgetStop(track, attempt);
  await env.context.runtime.stopContainer(attempt.id, Math.min(graceSeconds, leftSeconds));
}

/** How much of the grace period the hook left; undefined where it was called off. */
async function runPreStop(env: StepEnvironment, track: ContainerTrack, step: StopStep): Promise<number | undefined> {
  const { context, worker, pod } = env;
  const { attempt, graceSeconds } = step;
  const container = findContainer(pod, track.name)?.container;
  if (!container?.lifecycle?.preStop || graceSeconds <= 0) return graceSeconds;
  const begunAt = context.clock.now();
  const target = { container, containerId: attempt.id, ip: worker.state.ip ?? '' };
  const result = await context.hooks.run(target, 'preStop', graceSeconds * 1000);
  if (result.type === 'cancelled') return undefined;
  if (result.type === 'failure') {
    const message = `PreStopHook failed: ${result.message}`;
    recordContainerEvent(env, track, { type: 'Warning', reason: 'FailedPreStopHook', message });
  }
  const usedSeconds = Math.ceil((context.clock.now() - begunAt) / 1000);
  return Math.max(minGraceSeconds, graceSeconds - usedSeconds);
}

/** The stop did not come to pass: where the container still runs, it is planned again. */
function forgetStop(track: ContainerTrack, attempt: Attempt): void {
  if (track.stopping?.attemptId === attempt.id && !track.stopping.isKilled) track.stopping = undefined;
}

/** Sends SIGKILL. */
export async function kill(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  const { context, worker } = env;
  track.stopping = { attemptId: attempt.id, killAt: context.clock.now() + killAgainMs, isKilled: true };
  await context.runtime.killContainer(attempt.id);
  worker.suspect(attempt.id);
}
