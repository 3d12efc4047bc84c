import { describe, expect, it } from 'vitest';
import type { DaemonSet, ReplicationController, StatefulSet } from '../generated/types.ts';
import {
  cellsOf,
  makeDaemonSet,
  makePersistentVolumeClaim,
  makeReplicationController,
  makeStatefulSet,
  problemsOf,
} from '../testing/index.ts';
import { daemonSetKind } from './daemon-set.ts';
import { replicationControllerKind } from './replication-controller.ts';
import { statefulSetKind } from './stateful-set.ts';

describe('a StatefulSet', () => {
  it('is defaulted as Kubernetes shows it', () => {
    const sent = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'db' } },
        serviceName: 'db',
        template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'a:1' }] } },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
          },
        ],
      },
    } as unknown as StatefulSet;
    statefulSetKind.setDefaults(sent);
    const { template: _, ...spec } = sent.spec;
    expect(spec).toEqual({
      replicas: 1,
      selector: { matchLabels: { app: 'db' } },
      serviceName: 'db',
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '1Gi' } },
            volumeMode: 'Filesystem',
          },
          status: { phase: 'Pending' },
        },
      ],
    });
  });

  it.each<[Partial<StatefulSet['spec']>, string]>([
    [
      { podManagementPolicy: 'Random' },
      `spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      { updateStrategy: { type: 'Blue' } },
      `spec.updateStrategy: Invalid value: {"type":"Blue"}: must be 'RollingUpdate' or 'OnDelete'`,
    ],
    [
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
    ],
    [
      { updateStrategy: { rollingUpdate: { partition: -1 } } },
      'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
    ],
    [{ selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
    [{ ordinals: { start: -1 } }, 'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0'],
    [
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Burn' } },
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Burn": supported values: "Retain", "Delete"',
    ],
  ])('may not have %o', (spec, text) => {
    expect(problemsOf(statefulSetKind, makeStatefulSet({ name: 'db', spec }))).toEqual([text]);
  });

  it('lets its containers mount what its claim templates give them, and nothing else', () => {
    const set = makeStatefulSet();
    const [container] = set.spec.template.spec?.containers ?? [];
    if (!container) throw new Error('a StatefulSet has a container');
    set.spec.volumeClaimTemplates = [makePersistentVolumeClaim({ name: 'data' })];
    container.volumeMounts = [{ name: 'data', mountPath: '/data' }];
    expect(problemsOf(statefulSetKind, set)).toEqual([]);
    container.volumeMounts = [{ name: 'other', mountPath: '/data' }];
    expect(problemsOf(statefulSetKind, set).join()).toContain('volumeMounts[0].name');
  });

  it('may change its replicas and template but nothing that its pods and claims depend on', () => {
    const previous = makeStatefulSet({ name: 'db' });
    const scaled = makeStatefulSet({ name: 'db', replicas: 5, image: 'other:2', spec: { minReadySeconds: 3 } });
    expect(statefulSetKind.validateUpdate(scaled, previous)).toEqual([]);
    const renamed = makeStatefulSet({ name: 'db', spec: { serviceName: 'other' } });
    expect(statefulSetKind.validateUpdate(renamed, previous)).toEqual([
      {
        field: 'spec',
        reason: 'FieldValueForbidden',
        message:
          "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      },
    ]);
  });

  it('is printed with its ready pods', () => {
    const statefulSet = makeStatefulSet({
      name: 'db',
      replicas: 3,
      status: { replicas: 3, readyReplicas: 2, availableReplicas: 2 },
    });
    expect(cellsOf(statefulSetKind, statefulSet)).toEqual(['db', '2/3', '60s', 'main', 'example/app:1']);
  });
});

describe('a DaemonSet', () => {
  it.each<[Partial<DaemonSet['spec']>, string]>([
    [
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    [
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '10%' } } },
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero',
    ],
    [
      { updateStrategy: { type: 'Blue' } },
      'spec.updateStrategy: Unsupported value: "Blue": supported values: "RollingUpdate", "OnDelete"',
    ],
    [{ selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  ])('may not have %o', (spec, text) => {
    expect(problemsOf(daemonSetKind, makeDaemonSet({ name: 'logs', spec }))).toEqual([text]);
  });

  it('keeps its selector', () => {
    const next = makeDaemonSet({ name: 'logs', spec: { selector: { matchLabels: { app: 'other' } } } });
    expect(daemonSetKind.validateUpdate(next, makeDaemonSet({ name: 'logs' }))).toMatchObject([
      { field: 'spec.selector' },
    ]);
  });

  it('is printed with its nodes', () => {
    const daemonSet = makeDaemonSet({
      name: 'logs',
      template: { nodeSelector: { disk: 'ssd' } },
      status: {
        desiredNumberScheduled: 3,
        currentNumberScheduled: 2,
        numberReady: 1,
        numberMisscheduled: 0,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
      },
    });
    expect(cellsOf(daemonSetKind, daemonSet)).toEqual([
      'logs',
      3,
      2,
      1,
      2,
      1,
      'disk=ssd',
      '60s',
      'main',
      'example/app:1',
      'app=logs',
    ]);
  });
});

describe('a ReplicationController', () => {
  it('selects what its template is labelled with, unless it says otherwise', () => {
    const sent = {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'old', namespace: 'default' },
      spec: { template: { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'c', image: 'a:1' }] } } },
    } as unknown as ReplicationController;
    expect(problemsOf(replicationControllerKind, sent)).toEqual([]);
    expect(sent.spec).toMatchObject({ replicas: 1, selector: { app: 'old' } });
    expect(sent.metadata.labels).toEqual({ app: 'old' });
  });

  it('must select its pods', () => {
    const controller = makeReplicationController({ name: 'old', spec: { selector: { app: 'other' } } });
    expect(problemsOf(replicationControllerKind, controller)).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"old"}: `selector` does not match template `labels`',
    ]);
  });
});
