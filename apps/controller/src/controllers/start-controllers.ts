import type { MetricsReader } from '@gantry/core/autoscaling/metrics-reader';
import { defaultEvictionRates, type EvictionRates } from '@gantry/core/reconcile/disruption';
import { reconnectMs } from '@gantry/core/reconcile/heartbeat-watch';
import { type ControllerDefinition, type ControllerServices, startController } from './controller.ts';
import { CronJobController } from './cron-job-controller.ts';
import { DaemonSetController } from './daemon-set-controller.ts';
import { DeploymentController } from './deployment-controller.ts';
import { DisruptionController } from './disruption-controller.ts';
import { DnsEndpointsController } from './dns-endpoints-controller.ts';
import { EndpointSliceController } from './endpoint-slice-controller.ts';
import { EndpointSliceMirroringController } from './endpoint-slice-mirroring-controller.ts';
import { EndpointsController } from './endpoints-controller.ts';
import { EphemeralVolumeController } from './ephemeral-volume-controller.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { type AutoscalingOptions, HorizontalPodAutoscalerController } from './horizontal-pod-autoscaler-controller.ts';
import { IngressController } from './ingress-controller.ts';
import { JobController } from './job-controller.ts';
import { LoadBalancerController } from './load-balancer-controller.ts';
import { NamespaceController } from './namespace-controller.ts';
import { NamespaceDefaultsController } from './namespace-defaults-controller.ts';
import { type NodeHeartbeats, NodeLifecycleController } from './node-lifecycle-controller.ts';
import { PersistentVolumeClaimController } from './persistent-volume-claim-controller.ts';
import { PersistentVolumeController } from './persistent-volume-controller.ts';
import { PodGarbageCollector } from './pod-garbage-collector.ts';
import { ReplicaSetController, replicaSetKind, replicationControllerKind } from './replica-set-controller.ts';
import { StatefulSetController } from './stateful-set-controller.ts';
import { TaintEvictionController } from './taint-eviction-controller.ts';

/** All of these have defaults; durations in milliseconds. */
export interface ControllersOptions {
  /** A node with a session is NotReady after this long without a heartbeat: 4 s. */
  readonly nodeGraceMs?: number;
  /** A node that never gave a sign of life is NotReady after this long: 60 s. */
  readonly nodeStartupGraceMs?: number;
  readonly evictionRates?: Partial<EvictionRates>;
  /** How many ended pods are kept: 12,500. 0 keeps all. */
  readonly terminatedPodThreshold?: number;
  /** Pods of a Node object that is gone are given up after this long: 10 s. */
  readonly absentNodeMs?: number;
  /** The cluster CA in PEM, for the `kube-root-ca.crt` ConfigMaps; without it none are made. */
  readonly clusterCa?: string;
  readonly autoscaling?: AutoscalingOptions;
}

export interface StartControllersOptions extends ControllerServices {
  readonly heartbeats: NodeHeartbeats;
  /** What pods use, for autoscalers; without it they have no numbers. */
  readonly metrics?: MetricsReader;
  readonly options?: ControllersOptions;
}

/** Starts every reconciler. They wait for the caches, then act on events; `stop` resolves when none acts any more. */
export function startControllers(services: StartControllersOptions): { stop(): Promise<void> } {
  const running = createControllers(services).map((definition) => startController(definition, services));
  return {
    async stop() {
      await Promise.all(running.map((controller) => controller.stop()));
    },
  };
}

function createControllers(services: StartControllersOptions): readonly ControllerDefinition[] {
  const { heartbeats, metrics, options = {} } = services;
  const { nodeGraceMs = 4_000, nodeStartupGraceMs = 60_000, clusterCa } = options;
  const { terminatedPodThreshold = 12_500, absentNodeMs = 10_000 } = options;
  return [
    new ReplicaSetController(services, replicaSetKind),
    new ReplicaSetController(services, replicationControllerKind),
    new DeploymentController(services),
    new StatefulSetController(services),
    new DaemonSetController(services),
    new JobController(services),
    new CronJobController(services),
    new GarbageCollector(services),
    new NamespaceController(services),
    new NamespaceDefaultsController(services, { clusterCa }),
    new NodeLifecycleController(services, {
      heartbeats,
      graceMs: nodeGraceMs,
      startupGraceMs: nodeStartupGraceMs,
      evictionRates: { ...defaultEvictionRates, ...options.evictionRates },
    }),
    new TaintEvictionController(services, Math.max(nodeGraceMs, reconnectMs)),
    new DisruptionController(services),
    new PodGarbageCollector(services, { terminatedPodThreshold, absentNodeMs }),
    new EndpointSliceController(services),
    new EndpointsController(services),
    new EndpointSliceMirroringController(services),
    new DnsEndpointsController(services),
    new LoadBalancerController(services),
    new PersistentVolumeClaimController(services),
    new PersistentVolumeController(services),
    new EphemeralVolumeController(services),
    new IngressController(services),
    new HorizontalPodAutoscalerController(services, { ...(metrics ? { metrics } : {}), ...options.autoscaling }),
  ];
}
