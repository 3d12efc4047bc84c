import type {
  Container,
  ContainerStatus,
  FeedContainer,
  FeedOwner,
  FeedPod,
  FeedPodTiming,
  FeedResources,
  Pod,
  Toleration,
} from '@gantry/api-types';
import { QuantityError } from '@gantry/api-types/quantity';
import { parseAmounts, parsePodRequests } from '@gantry/core/scheduler/pod-requests';
import { podStatusText } from './pod-status-text.ts';

/** The pod as the page shows it. */
export function trimPod(pod: Pod): FeedPod {
  const { metadata, spec, status } = pod;
  const owner = controllerOf(metadata.ownerReferences);
  const message = pendingMessage(pod) ?? containerMessage(pod) ?? status?.message;
  const restarts = (status?.containerStatuses ?? []).reduce((sum, c) => sum + c.restartCount, 0);
  const unreachableSeconds = unreachableToleration(spec.tolerations ?? []);
  const timing = podTiming(pod, restarts > 0);
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    ...(metadata.labels ? { labels: metadata.labels } : {}),
    ...(spec.nodeName ? { nodeName: spec.nodeName } : {}),
    ...(owner ? { owner } : {}),
    phase: status?.phase ?? 'Pending',
    status: podStatusText(pod),
    ...(message ? { message } : {}),
    ...(status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ? { isReady: true } : {}),
    ...(restarts > 0 ? { restarts } : {}),
    ...(metadata.deletionTimestamp ? { deletedAt: metadata.deletionTimestamp } : {}),
    requests: orZero(() => {
      const { requests } = parsePodRequests(spec);
      return { cpuMilli: requests.milliCpu, memoryBytes: requests.memoryBytes };
    }),
    limits: orZero(() => sumLimits(spec.containers)),
    ...(unreachableSeconds === undefined ? {} : { unreachableSeconds }),
    ...(status?.podIP ? { ip: status.podIP } : {}),
    containers: spec.containers.map((container) =>
      trimContainer(
        container,
        status?.containerStatuses?.find((c) => c.name === container.name),
      ),
    ),
    ...(timing ? { timing } : {}),
  };
}

function podTiming({ metadata, spec, status }: Pod, hasRestarted: boolean): FeedPodTiming | undefined {
  const createdAt = Date.parse(metadata.creationTimestamp);
  const seconds = (at: string | undefined): number | undefined =>
    at === undefined ? undefined : Math.max(0, Math.round((Date.parse(at) - createdAt) / 1000));
  const since = (type: string): number | undefined =>
    seconds(status?.conditions?.find((c) => c.type === type && c.status === 'True')?.lastTransitionTime);
  const scheduled = since('PodScheduled');
  if (scheduled === undefined) return undefined;
  const starts = (status?.containerStatuses ?? []).flatMap((c) => c.state?.running?.startedAt ?? []);
  const isRunning = !hasRestarted && starts.length > 0 && starts.length === spec.containers.length;
  const running = isRunning ? seconds(starts.reduce((a, b) => (a > b ? a : b))) : undefined;
  const ready = isRunning ? since('Ready') : undefined;
  return { scheduled, ...(running === undefined ? {} : { running }), ...(ready === undefined ? {} : { ready }) };
}

/** The owner that controls the object: whose selector counts it. */
export function controllerOf(
  references: readonly { kind: string; name: string; uid: string; controller?: boolean }[] | undefined,
): FeedOwner | undefined {
  const owner = references?.find((reference) => reference.controller);
  return owner && { kind: owner.kind, name: owner.name, uid: owner.uid };
}

/** Requests and limits of a pod template. */
export function templateResources(spec: Pod['spec'] | undefined): { requests: FeedResources; limits: FeedResources } {
  if (!spec) return { requests: zero, limits: zero };
  return {
    requests: orZero(() => {
      const { requests } = parsePodRequests(spec);
      return { cpuMilli: requests.milliCpu, memoryBytes: requests.memoryBytes };
    }),
    limits: orZero(() => sumLimits(spec.containers)),
  };
}

const zero: FeedResources = { cpuMilli: 0, memoryBytes: 0 };

/** Amounts that cannot be read show as none: validation refuses them, so only foreign data in the store can get here. */
function orZero(amounts: () => FeedResources): FeedResources {
  try {
    return amounts();
  } catch (error) {
    if (error instanceof QuantityError) return zero;
    throw error;
  }
}

function sumLimits(containers: readonly Container[]): FeedResources {
  let cpuMilli = 0;
  let memoryBytes = 0;
  for (const container of containers) {
    const limits = parseAmounts(container.resources?.limits);
    cpuMilli += limits.milliCpu;
    memoryBytes += limits.memoryBytes;
  }
  return { cpuMilli, memoryBytes };
}

function trimContainer(container: Container, status: ContainerStatus | undefined): FeedContainer {
  const { waiting, running, terminated } = status?.state ?? {};
  const reason = waiting?.reason ?? terminated?.reason;
  const message = waiting?.message ?? terminated?.message;
  return {
    name: container.name,
    image: container.image ?? '',
    state: running ? 'running' : terminated ? 'terminated' : waiting ? 'waiting' : 'unknown',
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(status?.restartCount ? { restarts: status.restartCount } : {}),
  };
}

function pendingMessage(pod: Pod): string | undefined {
  if (pod.spec.nodeName) return undefined;
  const condition = pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  return condition?.message ?? condition?.reason;
}

function containerMessage(pod: Pod): string | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.map((c) => c.state?.waiting?.message).find((message) => message !== undefined);
}

/** How long the pod stays on an unreachable node: undefined for ever, 0 where nothing tolerates it. */
function unreachableToleration(tolerations: readonly Toleration[]): number | undefined {
  const key = 'node.kubernetes.io/unreachable';
  const matching = tolerations.filter(
    (t) =>
      (t.effect === undefined || t.effect === '' || t.effect === 'NoExecute') &&
      (t.key === key || !t.key) &&
      (t.operator === 'Exists' || !t.value),
  );
  if (matching.length === 0) return 0;
  const limited = matching.flatMap((t) => (t.tolerationSeconds === undefined ? [] : [t.tolerationSeconds]));
  return limited.length > 0 ? Math.max(0, Math.min(...limited)) : undefined;
}
