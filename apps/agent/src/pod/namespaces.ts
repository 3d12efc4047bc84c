import type { Pod } from '@gantry/api-types';
import type { ContainerNetwork, ContainerSpec, JoinedNamespace } from '../runtime/container-runtime.ts';
import { namespaceHolder, runningAttempt } from './plan-sandbox.ts';
import { findContainer, needsSandbox } from './pod-containers.ts';
import type { ContainerTrack, PodState } from './pod-state.ts';

export interface ContainerNamespaces extends Pick<ContainerSpec, 'network' | 'pidMode' | 'ipcMode'> {
  /** The container whose namespaces it joins; empty where it has its own. */
  readonly sandboxId: string;
}

/**
 * The namespaces of a container's next attempt; `own` is the network of whoever holds the pod's. Undefined where a
 * container that it has to join does not run. Pure.
 */
export function namespacesOf(
  pod: Pod,
  state: PodState,
  track: ContainerTrack,
  own: ContainerNetwork,
): ContainerNamespaces | undefined {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  const joins = track.kind !== 'sandbox' && (needsSandbox(pod) || track.kind === 'ephemeral');
  const holder = joins ? namespaceHolder(pod, state) : undefined;
  if (joins && !holder) return undefined;
  const joined: JoinedNamespace | undefined = holder && { type: 'container', id: holder.id };
  const target = targetOf(pod, state, track);
  if (target === 'missing') return undefined;
  const host = { type: 'host' } as const;
  const pidMode = hostPID ? host : (target ?? (shareProcessNamespace ? joined : undefined));
  return {
    sandboxId: holder?.id ?? '',
    network: hostNetwork ? host : (joined ?? own),
    ...(pidMode ? { pidMode } : {}),
    ipcMode: hostIPC ? host : (joined ?? { type: 'shareable' }),
  };
}

/** The process namespace that an ephemeral container asks for by name. */
function targetOf(pod: Pod, state: PodState, track: ContainerTrack): JoinedNamespace | 'missing' | undefined {
  if (track.kind !== 'ephemeral') return undefined;
  const container = findContainer(pod, track.name)?.container;
  const name = container && 'targetContainerName' in container ? container.targetContainerName : undefined;
  if (!name) return undefined;
  const attempt = runningAttempt(state, name);
  return attempt ? { type: 'container', id: attempt.id } : 'missing';
}
