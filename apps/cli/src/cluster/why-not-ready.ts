import type { Deployment, Pod } from '@gantry/api-types';

/** Whether the Deployment has been seen as it is, and all its replicas are available. */
export function isDeploymentReady({ status, spec, metadata }: Deployment): boolean {
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.availableReplicas ?? 0) >= (spec.replicas ?? 1)
  );
}

/** In one clause how many pods a Deployment lacks, and what holds up one of them. `pods` are those of its namespace. */
export function whyNotReady(deployment: Deployment, pods: readonly Pod[]): string {
  const { metadata, spec, status } = deployment;
  const wanted = Object.entries(spec.selector.matchLabels ?? {});
  const own = pods.filter((pod) => wanted.every(([key, value]) => pod.metadata.labels?.[key] === value));
  const reason = own.map(whyPodNotReady).find((text) => text !== undefined) ?? whyNoPod(deployment);
  const count = `${metadata.name} has ${status.availableReplicas ?? 0} of ${spec.replicas ?? 1} pods available`;
  return reason === undefined ? count : `${count} (${reason})`;
}

/** Undefined for a pod that is Ready. */
function whyPodNotReady({ metadata, status }: Pod): string | undefined {
  const condition = (type: string) => status.conditions?.find((one) => one.type === type);
  if (condition('Ready')?.status === 'True') return undefined;
  const scheduled = condition('PodScheduled');
  if (scheduled?.status === 'False') return sentence(metadata.name, scheduled.reason, scheduled.message);
  for (const { state, lastState } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    if (state?.waiting) return sentence(metadata.name, state.waiting.reason, state.waiting.message);
    const ended = state?.terminated ?? lastState?.terminated;
    if (ended && ended.exitCode !== 0) return sentence(metadata.name, ended.reason, `exit code ${ended.exitCode}`);
  }
  const ready = condition('Ready');
  return sentence(metadata.name, ready?.reason ?? status.phase, ready?.message);
}

function whyNoPod({ status }: Deployment): string | undefined {
  const failure = status.conditions?.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  return failure?.message;
}

function sentence(pod: string, ...parts: readonly (string | undefined)[]): string {
  return [pod, ...parts.filter((part) => part !== undefined && part !== '')].join(': ');
}
