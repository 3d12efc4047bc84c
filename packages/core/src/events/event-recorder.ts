import type { KubernetesObject } from '@gantry/api-types';

/**
 * Records Kubernetes Events about an object. Returns at once and never throws: recording is best effort, bounded and
 * deduplicated (same source, object, type, reason and message: `count` goes up).
 */
export interface EventRecorder {
  record(about: KubernetesObject, event: RecordedEvent): void;
}

export interface RecordedEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, e.g. `FailedScheduling`. */
  readonly reason: string;
  readonly message: string;
  /** The component that reports: `default-scheduler`, `deployment-controller`, `kubelet`. */
  readonly component: string;
  /** The node it happened on, for the kubelet's. */
  readonly host?: string;
  /** `spec.containers{name}` where the event is about a part of the object. */
  readonly fieldPath?: string;
}
