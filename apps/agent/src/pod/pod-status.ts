import type { ContainerStatus, Pod, PodCondition, PodStatus } from '@gantry/api-types';
import { qosClassOf } from '@gantry/core/pod/qos-class';
import { resizeConditions, resizeConditionTypes } from '../resize/resize-conditions.ts';
import { containerStatus } from './container-status.ts';
import { hasBegun } from './plan-init.ts';
import { currentSandboxId } from './plan-sandbox.ts';
import { type ContainerKind, containersOf, isSidecar } from './pod-containers.ts';
import { lastAttempt, type PodState } from './pod-state.ts';
import type { ResourceFacts } from './resources.ts';
import { hasSucceeded } from './restart-policy.ts';
import { formatTime } from './text.ts';

export interface PodStatusInput {
  readonly pod: Pod;
  readonly state: PodState;
  readonly hostIp: string;
  readonly now: number;
  readonly resourceFacts: ResourceFacts;
  /** What was reported last: conditions keep their times unless they flip. */
  readonly previous: PodStatus | undefined;
}

/** The pod's status as the kubelet would write it. Pure. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, state, hostIp } = input;
  const statuses = containersOf(pod).map((item) => ({ kind: item.kind, status: containerStatus(input, item) }));
  const ofKinds = (...kinds: ContainerKind[]) =>
    statuses.filter(({ kind }) => kinds.includes(kind)).map(({ status }) => status);
  const init = ofKinds('init', 'sidecar');
  const regular = ofKinds('regular');
  const ephemeral = ofKinds('ephemeral');
  const phase = state.ended?.phase ?? runningPhase(pod, state);
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: conditions(input, { phase, probed: ofKinds('sidecar', 'regular') }),
    ...(state.ended?.message === undefined ? {} : { message: state.ended.message }),
    ...(state.ended?.reason === undefined ? {} : { reason: state.ended.reason }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...podIps(input),
    startTime: formatTime(state.startTime),
    ...(init.length > 0 && !wasRefused(input) ? { initContainerStatuses: init } : {}),
    ...(wasRefused(input) ? {} : { containerStatuses: regular }),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: qosClassOf(pod),
  };
}

/** The node never began with it: there is nothing to say of its containers, and `kubectl get` shows the reason. */
function wasRefused({ pod, state, previous }: PodStatusInput): boolean {
  const reported = (previous ?? pod.status)?.containerStatuses ?? [];
  return state.ended !== undefined && reported.length === 0 && !hasStarted(pod, state);
}

/** A pod that has ended shows the address it had. */
function podIps(input: PodStatusInput): Pick<PodStatus, 'podIP' | 'podIPs'> {
  const ip = input.state.ip ?? (input.state.ended ? input.previous?.podIP : undefined);
  return ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] };
}

/** Running once every container was created and one of them runs or will again; Pending before. */
function runningPhase(pod: Pod, state: PodState): string {
  let isRunning = false;
  for (const container of pod.spec.containers) {
    const track = state.tracks.get(container.name);
    const attempt = track && lastAttempt(track);
    if (!attempt || attempt.state === 'created') return 'Pending';
    isRunning = true;
  }
  return isRunning ? 'Running' : 'Pending';
}

interface Statuses {
  readonly phase: string;
  /** Of the containers whose readiness is the pod's. */
  readonly probed: readonly ContainerStatus[];
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const isTrue: Verdict = { status: 'True' };

function conditions(input: PodStatusInput, statuses: Statuses): PodCondition[] {
  const { pod } = input;
  const ready = containersReady(statuses);
  const own = new Map<string, Verdict>([
    ['PodReadyToStartContainers', { status: hasSandbox(input) ? 'True' : 'False' }],
    ['Initialized', initialized(input, statuses)],
    ['Ready', ready.status === 'True' ? gates(pod) : ready],
    ['ContainersReady', ready],
    ...resizeConditions(input),
    ...disruption(input.state),
  ]);
  // Others write conditions too (the scheduler, a readiness gate's controller): those stay as they are.
  const isOwn = (type: string) => own.has(type) || resizeConditionTypes.includes(type);
  const foreign = (pod.status?.conditions ?? []).filter((condition) => !isOwn(condition.type));
  const before = new Map((input.previous ?? pod.status)?.conditions?.map((condition) => [condition.type, condition]));
  const generation = pod.metadata.generation;
  const written = [...own].map(([type, verdict]): PodCondition => {
    const last = before.get(type);
    const isFlip = last?.status !== verdict.status;
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status: verdict.status,
      lastTransitionTime: isFlip ? formatTime(input.now) : (last?.lastTransitionTime ?? formatTime(input.now)),
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      ...(verdict.message === undefined ? {} : { message: verdict.message }),
    };
  });
  return [...written, ...foreign];
}

/** After a restart of the agent it stays as one that was reported. */
function disruption({ eviction }: PodState): [string, Verdict][] {
  if (eviction === undefined) return [];
  return [['DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message: eviction }]];
}

function hasSandbox({ state }: PodStatusInput): boolean {
  return state.isPrepared && state.ended === undefined;
}

function initialized({ pod, state }: PodStatusInput, { phase }: Statuses): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const sandboxId = currentSandboxId(pod, state);
  if (state.ended ? hasStarted(pod, state) : sandboxId !== undefined && hasBegun({ pod, state }, sandboxId)) {
    return isTrue;
  }
  const incomplete = (pod.spec.initContainers ?? []).filter((container) => {
    const track = state.tracks.get(container.name);
    const attempt = track && lastAttempt(track);
    if (isSidecar(container)) return attempt?.state !== 'running' || !track?.isStarted;
    return !attempt || !hasSucceeded(attempt) || (sandboxId !== undefined && attempt.sandboxId !== sandboxId);
  });
  if (incomplete.length === 0) return isTrue;
  const names = incomplete.map((container) => container.name).join(' ');
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names}]`,
  };
}

function hasStarted(pod: Pod, state: PodState): boolean {
  return pod.spec.containers.some(({ name }) => state.tracks.get(name)?.attempts.length);
}

function containersReady({ phase, probed }: Statuses): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = probed.filter((status) => !status.ready).map((status) => status.name);
  if (unready.length === 0) return isTrue;
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function gates(pod: Pod): Verdict {
  const missing = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      pod.status?.conditions?.find((condition) => condition.type === conditionType)?.status !== 'True',
  );
  const [first] = missing;
  if (!first) return isTrue;
  const messages = missing.map(({ conditionType }) => {
    const condition = pod.status?.conditions?.find((item) => item.type === conditionType);
    return condition
      ? `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`
      : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`;
  });
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
