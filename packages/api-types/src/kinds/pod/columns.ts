import type { ContainerStatus, Pod } from '../../generated/types.ts';
import { ageOf } from '../../human-duration.ts';
import type { PrinterColumn } from '../../kind.ts';
import { ageColumn, nameColumn, textColumn } from '../define.ts';

/** What one line of `kubectl get pods` says of a pod's containers. */
export interface PodSummary {
  /** The STATUS column: the phase, or what hinders the pod (`Init:0/1`, `CrashLoopBackOff`, `Terminating`). */
  readonly reason: string;
  readonly readyContainers: number;
  readonly totalContainers: number;
  readonly restarts: number;
  /** When a container last ended before it was restarted. */
  readonly lastRestartAt: string | undefined;
}

/** Sums up a pod as kubectl does. */
export function summarisePod(pod: Pod): PodSummary {
  const sidecars = new Set(pod.spec.initContainers?.filter((c) => c.restartPolicy === 'Always').map((c) => c.name));
  const totalContainers = pod.spec.containers.length + sidecars.size;
  const init = summariseInit(pod, sidecars);
  const isInitialized = pod.status.conditions?.some((c) => c.type === 'Initialized' && c.status === 'True');
  if (init.reason !== undefined && !isInitialized) {
    const all = restartsOf(pod.status.initContainerStatuses ?? []);
    return { reason: withDeletion(pod, init.reason), readyContainers: init.ready, totalContainers, ...all };
  }
  const main = summariseMain(pod, init.reason ?? baseReason(pod));
  const restarted = (pod.status.initContainerStatuses ?? []).filter((status) => sidecars.has(status.name));
  return {
    reason: withDeletion(pod, main.reason),
    readyContainers: init.ready + main.ready,
    totalContainers,
    ...restartsOf([...restarted, ...(pod.status.containerStatuses ?? [])]),
  };
}

/** The STATUS column alone. */
export function podStatusText(pod: Pod): string {
  return summarisePod(pod).reason;
}

function baseReason(pod: Pod): string {
  const isGated = pod.status.conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  return isGated ? 'SchedulingGated' : pod.status.reason || pod.status.phase || '';
}

function withDeletion(pod: Pod, reason: string): string {
  if (!pod.metadata.deletionTimestamp) return reason;
  if (pod.status.reason === 'NodeLost') return 'Unknown';
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed' ? reason : 'Terminating';
}

/** The first init container that holds the pod up, if one does, and how many sidecars are ready. */
function summariseInit(pod: Pod, sidecars: ReadonlySet<string>): { reason: string | undefined; ready: number } {
  let ready = 0;
  for (const [index, status] of (pod.status.initContainerStatuses ?? []).entries()) {
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(status.name) && status.started) {
      if (status.ready) ready += 1;
      continue;
    }
    return { reason: initReason(status, index, pod.spec.initContainers?.length ?? 0), ready };
  }
  return { reason: undefined, ready };
}

function initReason(status: ContainerStatus, index: number, total: number): string {
  const { terminated, waiting } = status.state ?? {};
  if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
}

function exitText(terminated: { exitCode: number; signal?: number }): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** The first container's trouble wins over those after it. */
function summariseMain(pod: Pod, initial: string): { reason: string; ready: number } {
  let reason = initial;
  let ready = 0;
  for (const status of (pod.status.containerStatuses ?? []).toReversed()) {
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminated.reason || exitText(terminated);
    else if (status.ready && running) ready += 1;
  }
  if (reason === 'Completed' && ready > 0) {
    const isReady = pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
    reason = isReady ? 'Running' : 'NotReady';
  }
  return { reason, ready };
}

function restartsOf(statuses: readonly ContainerStatus[]): Pick<PodSummary, 'restarts' | 'lastRestartAt'> {
  let restarts = 0;
  let lastRestartAt: string | undefined;
  for (const status of statuses) {
    restarts += status.restartCount;
    const finishedAt = status.lastState?.terminated?.finishedAt;
    if (finishedAt && (!lastRestartAt || Date.parse(finishedAt) > Date.parse(lastRestartAt)))
      lastRestartAt = finishedAt;
  }
  return { restarts, lastRestartAt };
}

function restartsText(pod: Pod, now: Date): string {
  const { restarts, lastRestartAt } = summarisePod(pod);
  return restarts !== 0 && lastRestartAt ? `${restarts} (${ageOf(lastRestartAt, now)} ago)` : `${restarts}`;
}

function readinessGatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const conditions = pod.status.conditions ?? [];
  const isTrue = (type: string): boolean => conditions.some((c) => c.type === type && c.status === 'True');
  return `${gates.filter((gate) => isTrue(gate.conditionType)).length}/${gates.length}`;
}

export const podColumns: readonly PrinterColumn<Pod>[] = [
  nameColumn,
  textColumn('Ready', 'How many of the containers are ready to serve, of how many there are.', (pod) => {
    const { readyContainers, totalContainers } = summarisePod(pod);
    return `${readyContainers}/${totalContainers}`;
  }),
  textColumn('Status', 'The phase of the pod, or what hinders it.', podStatusText),
  textColumn('Restarts', 'How often containers were restarted, and when last.', restartsText),
  ageColumn,
  textColumn('IP', 'The address of the pod.', (pod) => pod.status.podIPs?.[0]?.ip || pod.status.podIP || '<none>', 1),
  textColumn('Node', 'The node the pod is bound to.', (pod) => pod.spec.nodeName || '<none>', 1),
  textColumn(
    'Nominated Node',
    'The node that preemption makes room on.',
    (pod) => pod.status.nominatedNodeName || '<none>',
    1,
  ),
  textColumn('Readiness Gates', 'How many of the extra readiness conditions hold.', readinessGatesText, 1),
];
