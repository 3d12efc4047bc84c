import type { ContainerSummary } from '../runtime/container-runtime.ts';
import { labelKeys } from './labels.ts';
import type { PodContext } from './pod-context.ts';

/**
 * Connects the pods of containers that run, unless they are: those of an earlier life of the agent that was killed
 * before it did, and those whose link somebody removed.
 */
export async function connectRunning(context: PodContext, containers: readonly ContainerSummary[]): Promise<void> {
  const { network, api, logger } = context;
  await Promise.all(
    containers.map(async ({ id, state, labels, network: kind }) => {
      const pod = api.pods().get(labels[labelKeys.podUid] ?? '');
      const ip = labels[labelKeys.podIp];
      if (!pod || ip === undefined || state !== 'running' || kind !== 'none') return;
      if (network.ipOf(pod.metadata.uid) !== ip) return;
      try {
        await network.ensure();
        await network.attached({ pod, ip, containerId: id, pid: 0 });
      } catch (err) {
        logger.warn({ err, pod: pod.metadata.name, podUid: pod.metadata.uid }, 'the pod could not be connected');
      }
    }),
  );
}
