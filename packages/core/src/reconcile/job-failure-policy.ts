import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from '@gantry/api-types';

export type FailureAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';

export interface FailureMatch {
  readonly action: FailureAction;
  /** For FailJob: why the Job fails. */
  readonly message: string;
}

/** What the first rule of `spec.podFailurePolicy` that a failed pod meets says about it; Count where none does. Pure. */
export function matchFailurePolicy(job: Job, pod: Pod): FailureMatch {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const cause = describeMatch(rule, pod);
    if (cause === undefined) continue;
    // Kubernetes skips actions that it does not know.
    if (!isAction(rule.action)) continue;
    return { action: rule.action, message: `${cause} matching ${rule.action} rule at index ${index}` };
  }
  return { action: 'Count', message: '' };
}

function describeMatch({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const failed = endedContainers(pod).find(({ name: container, exitCode }) => {
      if (exitCode === 0 || (containerName && containerName !== container)) return false;
      return operator === 'In' ? values.includes(exitCode) : !values.includes(exitCode);
    });
    if (failed) {
      return `Container ${failed.name} for pod ${namespace}/${name} failed with exit code ${failed.exitCode}`;
    }
  }
  for (const { type, status } of onPodConditions ?? []) {
    const isMet = pod.status?.conditions?.some((other) => other.type === type && other.status === (status || 'True'));
    if (isMet) return `Pod ${namespace}/${name} has condition ${type}`;
  }
  return undefined;
}

function endedContainers({ status }: Pod): readonly { readonly name: string; readonly exitCode: number }[] {
  const all: readonly ContainerStatus[] = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  return all.flatMap(({ name, state }) => (state?.terminated ? [{ name, exitCode: state.terminated.exitCode }] : []));
}

function isAction(action: string): action is FailureAction {
  return action === 'FailJob' || action === 'FailIndex' || action === 'Ignore' || action === 'Count';
}
