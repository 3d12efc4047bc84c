import type { Pod } from '@gantry/api-types';
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
      return (pod.spec.restartPolicy ?? 'Always') !== 'Never' && !hasSucceeded(attempt);
    case 'regular':
      return wantsRegular(pod, attempt);
  }
}

function wantsRegular(pod: Pod, attempt: Attempt): boolean {
  const { restartPolicy } = findContainer(pod, attempt.container)?.container ?? {};
  const policy = restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && !hasSucceeded(attempt);
}

/** The attempt ran to its end without an error. */
export function hasSucceeded(attempt: Attempt): boolean {
  return attempt.state === 'exited' && attempt.exitCode === 0 && attempt.error === '' && !attempt.isLost;
}
