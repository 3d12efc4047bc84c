import { describe, expect, it } from 'vitest';
import type { Deployment } from '../generated/types.ts';
import { makeDeployment, makeReplicaSet } from '../testing/index.ts';
import { deploymentKind } from './deployment.ts';
import { replicaSetKind } from './replica-set.ts';

function textsOf(change: (deployment: Deployment) => void): string[] {
  const deployment = makeDeployment({ name: 'web' });
  change(deployment);
  deploymentKind.setDefaults(deployment);
  return deploymentKind.validate(deployment).map((error) => `${error.field}: ${error.message}`);
}

describe('a Deployment', () => {
  it('is defaulted as Kubernetes shows it', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'a:1', resources: { limits: { cpu: '1' } } }] },
        },
      },
    } as unknown as Deployment;
    deploymentKind.setDefaults(deployment);
    const { template, ...rest } = deployment.spec;
    expect(rest).toEqual({
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    expect(template.spec.enableServiceLinks).toBeUndefined();
    expect(template.spec.containers[0]?.resources).toEqual({ limits: { cpu: '1' } });
  });

  it.each<[string, (d: Deployment) => void, string[]]>([
    [
      'negative replicas',
      (d) => {
        d.spec.replicas = -1;
      },
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a selector that does not fit',
      (d) => {
        d.spec.template.metadata = { labels: { app: 'other' } };
      },
      ['spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`'],
    ],
    [
      'an empty selector',
      (d) => {
        d.spec.selector = {};
      },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'an impossible operator',
      (d) => {
        d.spec.selector = { matchExpressions: [{ key: 'app', operator: 'Like', values: ['web'] }] };
      },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Like","values":["web"]}]}: invalid label selector',
      ],
    ],
    [
      'pods that end',
      (d) => {
        d.spec.template.spec.restartPolicy = 'Never';
      },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'no room to roll',
      (d) => {
        d.spec.strategy = { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } };
      },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'malformed and too large percentages',
      (d) => {
        d.spec.strategy = { rollingUpdate: { maxSurge: 'a lot', maxUnavailable: '101%' } };
      },
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"a lot\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')",
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      ],
    ],
    [
      'a rolling update of a strategy that is none',
      (d) => {
        d.spec.strategy = { type: 'Recreate', rollingUpdate: { maxSurge: 1 } };
      },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'a strategy that does not exist',
      (d) => {
        d.spec.strategy = { type: 'Blue' };
      },
      ['spec.strategy.type: Unsupported value: "Blue": supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      'a deadline before the pods can be available',
      (d) => {
        d.spec.minReadySeconds = 600;
      },
      ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
    ],
  ])('with %s is refused', (_, change, texts) => {
    expect(textsOf(change)).toEqual(texts);
  });

  it('keeps its selector', () => {
    const previous = makeDeployment({ name: 'web' });
    const next = structuredClone(previous);
    next.spec.selector = { matchLabels: { app: 'other' } };
    expect(deploymentKind.validateUpdate(next, previous)).toEqual([
      {
        field: 'spec.selector',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
      },
    ]);
    expect(deploymentKind.validateUpdate(structuredClone(previous), previous)).toEqual([]);
  });

  it('is printed with its counts', () => {
    const deployment = makeDeployment({
      name: 'web',
      replicas: 3,
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
    });
    const cells = deploymentKind.columns.map((column) => column.value(deployment, new Date('2026-01-01T00:01:00Z')));
    expect(cells).toEqual(['web', '2/3', 3, 1, '60s', 'main', 'example/app:1', 'app=web']);
  });
});

describe('a ReplicaSet', () => {
  it('obeys the same rules', () => {
    const replicaSet = makeReplicaSet({ name: 'web' });
    expect(replicaSetKind.validate(replicaSet)).toEqual([]);
    replicaSet.spec.template = { spec: { containers: [] } };
    expect(replicaSetKind.validate(replicaSet).map((error) => error.field)).toContain('spec.template.metadata.labels');
  });

  it('says what is missing from an empty one', () => {
    const replicaSet = { ...makeReplicaSet(), spec: undefined } as never;
    replicaSetKind.setDefaults(replicaSet);
    expect(replicaSetKind.validate(replicaSet).map((error) => `${error.field}: ${error.message}`)).toEqual([
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      'spec.template.spec.containers: Required value',
    ]);
  });
});
