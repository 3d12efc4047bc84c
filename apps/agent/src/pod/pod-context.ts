import type { Clock, Logger } from '@gantry/core';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { ContainerHooks } from '../hooks/container-hooks.ts';
import type { NodeImages } from '../images/node-images.ts';
import type { StartPhases } from '../inspection/start-phases.ts';
import type { PodMeter } from '../metrics/agent-instruments.ts';
import type { NodePolicies } from '../network/node-policies.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { NodeApi } from '../node-api.ts';
import type { ProbeScheduler } from '../probes/probe-scheduler.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import type { AdmissionFacts } from './admit-pod.ts';
import type { PodFacts } from './field-values.ts';
import type { NodeIdentity } from './labels.ts';
import type { PodFiles } from './pod-files.ts';
import type { ResourceFacts } from './resources.ts';
import type { Semaphore } from './semaphore.ts';

export interface BackOffOptions {
  /** First delay of the crash and image pull back-off. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** A container that ran this long starts over without a delay. */
  readonly resetMs: number;
}

/** What the workers of all pods of a node share. */
export interface PodContext {
  readonly identity: NodeIdentity;
  readonly api: NodeApi;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hostIp: string;
  readonly allocatable: PodFacts['allocatable'];
  readonly resourceFacts: ResourceFacts;
  readonly backOff: BackOffOptions;
  /** As things stand now. */
  admission(): AdmissionFacts;
  /** Where `localhostProfile`s of seccomp lie. */
  readonly seccompDirectory: string;
  /** Go's name of the engine's machine. */
  readonly architecture: string;
  /** Limits how many containers are created and started at a time. */
  readonly starts: Semaphore;
  readonly network: PodNetwork;
  /** Undefined where the agent has no table to put them in. */
  readonly policies: NodePolicies | undefined;
  readonly volumes: PodVolumes;
  readonly images: NodeImages;
  readonly probes: ProbeScheduler;
  readonly hooks: ContainerHooks;
  readonly files: PodFiles;
  readonly cgroups: PodCgroups;
  readonly phases: StartPhases;
  readonly meter: PodMeter | undefined;
  /** The disks that hold containers' layers and pods' volumes. Rejects with `ConfigProblem` where that is not known. */
  blockDevices(): Promise<readonly string[]>;
  /** The worker is done with a pod that is gone. */
  onForgotten(podUid: string): void;
}
