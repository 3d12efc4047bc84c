import type { ContainerState, ContainerStatus, Pod } from '@gantry/api-types';

/** What `kubectl get pods` prints in its STATUS column. */
export function podStatusText(pod: Pod): string {
  const { status } = pod;
  if (pod.metadata.deletionTimestamp && status?.reason === 'NodeLost') return 'Unknown';
  const isTerminal = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (pod.metadata.deletionTimestamp && !isTerminal) return 'Terminating';
  return initText(pod) ?? mainText(pod);
}

function initText(pod: Pod): string | undefined {
  const containers = pod.spec.initContainers ?? [];
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const { state } = status;
    if (state?.terminated?.exitCode === 0) continue;
    const isSidecar = containers.find((c) => c.name === status.name)?.restartPolicy === 'Always';
    if (isSidecar && status.started) continue;
    if (state?.terminated) return `Init:${terminatedText(state.terminated)}`;
    const waiting = state?.waiting?.reason;
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}

function mainText(pod: Pod): string {
  let text = pod.status?.reason ?? pod.status?.phase ?? 'Unknown';
  let hasRunning = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    const told = stateText(status);
    if (told !== undefined) text = told;
    else if (status.ready && status.state?.running) hasRunning = true;
  }
  if (text !== 'Completed' || !hasRunning) return text;
  return pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ? 'Running' : 'NotReady';
}

function stateText({ state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  return state?.terminated && terminatedText(state.terminated);
}

function terminatedText(terminated: NonNullable<ContainerState['terminated']>): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}
