import type { Pod } from '@gantry/api-types';
import { parseBlockIo } from '@gantry/core/pod/block-io';
import { type ContainerBlockIo, messageOf } from '../runtime/container-runtime.ts';
import { ConfigProblem } from './config-problem.ts';
import { containersOf } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerTrack } from './pod-state.ts';
import { recordContainerEvent, type StepEnvironment } from './step-environment.ts';

/** The limits of block I/O that the pod's annotations set for the container. Rejects with {@link ConfigProblem}. */
export async function blockIoOf(
  pod: Pod,
  container: string,
  { blockDevices }: Pick<PodContext, 'blockDevices'>,
): Promise<ContainerBlockIo | undefined> {
  const limits = limitsOf(pod).get(container);
  return limits && { ...limits, devices: await blockDevices() };
}

function limitsOf(pod: Pod): ReturnType<typeof parseBlockIo> {
  const names = containersOf(pod).map(({ container }) => container.name);
  try {
    return parseBlockIo(pod.metadata.annotations, names);
  } catch (error) {
    throw new ConfigProblem(messageOf(error));
  }
}

/** The engine makes a container without a limit that its kernel does not have: the user is told in its words. */
export function warnOfDiscarded(env: StepEnvironment, track: ContainerTrack, warnings: readonly string[]): void {
  for (const message of warnings.filter((text) => /block i\/?o|blkio|\bio\.(max|weight)|\b[BI]?OPS\b/i.test(text))) {
    recordContainerEvent(env, track, { type: 'Warning', reason: 'BlockIOLimitDiscarded', message });
  }
}
