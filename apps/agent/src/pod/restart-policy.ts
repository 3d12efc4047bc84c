import type { ContainerRestartRule, Pod } from '@gantry/api-types';
import { findContainer } from './pod-containers.ts';
import type { Attempt, ContainerTrack } from './pod-state.ts';

/** Whether the restart policy wants another attempt after this one, which has ended. Pure. */
export function shouldRestart(pod: Pod, track: ContainerTrack, attempt: Attempt): boolean {
  switch (track.kind) {
    case 'sidecar':
      return true;
    case 'ephemeral':
    case 'sandbox':
      return false;
    case 'init':
      return !hasSucceeded(attempt) && isWantedAgain(pod, attempt);
    case 'regular':
      return isWantedAgain(pod, attempt);
  }
}

/** By the container's own rules, its own policy, or the pod's: the first of them that says something. */
function isWantedAgain(pod: Pod, attempt: Attempt): boolean {
  const { restartPolicy, restartPolicyRules = [] } = findContainer(pod, attempt.container)?.container ?? {};
  if (restartPolicyRules.some((rule) => isRestartedBy(rule, attempt))) return true;
  const policy = restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && !hasSucceeded(attempt);
}

/** Rules speak of exit codes: of a program that never ran, or whose end nobody saw, they say nothing. */
function isRestartedBy({ action, exitCodes }: ContainerRestartRule, attempt: Attempt): boolean {
  if (action !== 'Restart' || !exitCodes || attempt.error !== '' || attempt.isLost) return false;
  const isNamed = (exitCodes.values ?? []).includes(attempt.exitCode);
  return exitCodes.operator === 'In' ? isNamed : !isNamed;
}

/** The attempt ran to its end without an error. */
export function hasSucceeded(attempt: Attempt): boolean {
  return attempt.state === 'exited' && attempt.exitCode === 0 && attempt.error === '' && !attempt.isLost;
}
