import type { FeedWorkloadKind } from '@gantry/api-types/feed';

/** How the page treats a kind of workload. */
export interface WorkloadKindFacts {
  readonly apiVersion: string;
  /** `''` for the core group. */
  readonly group: string;
  /** The plural. */
  readonly resource: string;
  /** Whether somebody sets how many replicas there are. */
  readonly isScalable: boolean;
  /** The plural of the kind that holds its revisions, where there is a way back to them. */
  readonly revisions?: 'replicasets' | 'controllerrevisions';
}

const apps = { apiVersion: 'apps/v1', group: 'apps' };
const batch = { apiVersion: 'batch/v1', group: 'batch' };

export const workloadKinds: Readonly<Record<FeedWorkloadKind, WorkloadKindFacts>> = {
  Deployment: { ...apps, resource: 'deployments', isScalable: true, revisions: 'replicasets' },
  StatefulSet: { ...apps, resource: 'statefulsets', isScalable: true, revisions: 'controllerrevisions' },
  DaemonSet: { ...apps, resource: 'daemonsets', isScalable: false, revisions: 'controllerrevisions' },
  Job: { ...batch, resource: 'jobs', isScalable: false },
  CronJob: { ...batch, resource: 'cronjobs', isScalable: false },
  ReplicaSet: { ...apps, resource: 'replicasets', isScalable: true },
  ReplicationController: {
    apiVersion: 'v1',
    group: '',
    resource: 'replicationcontrollers',
    isScalable: true,
  },
};

/** A kind as paths of the page have it: `statefulset`. */
export type WorkloadPath = Lowercase<FeedWorkloadKind>;

const byPath = new Map(Object.keys(workloadKinds).map((kind) => [kind.toLowerCase(), kind as FeedWorkloadKind]));

/** `statefulset` -> `StatefulSet`; undefined for what is no kind of workload. */
export function workloadKindAt(path: string): FeedWorkloadKind | undefined {
  return byPath.get(path);
}
