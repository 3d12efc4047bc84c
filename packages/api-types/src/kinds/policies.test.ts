import { describe, expect, it } from 'vitest';
import type {
  ClusterRole,
  HorizontalPodAutoscaler,
  LimitRange,
  PodDisruptionBudget,
  PriorityClass,
  ResourceQuota,
  Role,
  RoleBinding,
} from '../generated/types.ts';
import { cellsOf, makeMetadata, problemsOf } from '../testing/index.ts';
import { horizontalPodAutoscalerKind } from './autoscaling/horizontal-pod-autoscaler.ts';
import { limitRangeKind } from './policy/limit-range.ts';
import { podDisruptionBudgetKind } from './policy/pod-disruption-budget.ts';
import { resourceQuotaKind } from './policy/resource-quota.ts';
import { priorityClassKind } from './priority-class.ts';
import { clusterRoleKind, roleKind } from './rbac/role.ts';
import { clusterRoleBindingKind, roleBindingKind } from './rbac/role-binding.ts';

const metadata = makeMetadata('X', { name: 'x', isNamespaced: true });
/** Something as a client sends it. */
const sent = <T>(body: object): T => ({ metadata: structuredClone(metadata), ...body }) as T;

describe('a Role', () => {
  it.each([
    [[{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }], []],
    [
      [{ resources: ['pods'] }],
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      ],
    ],
    [
      [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }],
      ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'],
    ],
  ])('with %j: %o', (rules, texts) => {
    expect(problemsOf(roleKind, sent<Role>({ rules }))).toEqual(texts);
  });

  it('may be of the cluster and then speak of URLs', () => {
    const rules = [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }];
    expect(problemsOf(clusterRoleKind, sent<ClusterRole>({ rules }))).toEqual([]);
  });

  it('may have a name that only paths may not have', () => {
    expect(roleKind.nameRule).toBe('any');
  });
});

describe('a RoleBinding', () => {
  it('fills in the group of roles, users and groups', () => {
    const binding = sent<RoleBinding>({
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [
        { kind: 'User', name: 'jane' },
        { kind: 'ServiceAccount', name: 'default', namespace: 'default' },
      ],
    });
    expect(problemsOf(roleBindingKind, binding)).toEqual([]);
    expect(binding.roleRef.apiGroup).toBe('rbac.authorization.k8s.io');
    expect(binding.subjects?.map((subject) => subject.apiGroup)).toEqual(['rbac.authorization.k8s.io', undefined]);
    expect(cellsOf(roleBindingKind, binding)).toEqual(['x', 'Role/reader', '60s', 'jane', '', 'default/default']);
  });

  it('gives the role it was made for', () => {
    const binding = sent<RoleBinding>({ roleRef: { kind: 'Role', name: 'a' } });
    const other = sent<RoleBinding>({ roleRef: { kind: 'Role', name: 'b' } });
    expect(roleBindingKind.validateUpdate(other, binding)).toMatchObject([{ field: 'roleRef' }]);
  });

  it('of the cluster gives roles of the cluster, to accounts of a namespace', () => {
    const body = { roleRef: { kind: 'Role', name: 'a' }, subjects: [{ kind: 'ServiceAccount', name: 'default' }] };
    expect(problemsOf(clusterRoleBindingKind, sent(body))).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
    ]);
  });
});

describe('a HorizontalPodAutoscaler', () => {
  const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 };

  it('watches the cpu unless it says otherwise', () => {
    const autoscaler = sent<HorizontalPodAutoscaler>({
      spec: { ...spec, behavior: { scaleDown: { selectPolicy: 'Min' } } },
    });
    expect(problemsOf(horizontalPodAutoscalerKind, autoscaler)).toEqual([]);
    expect(autoscaler.spec.minReplicas).toBe(1);
    expect(cellsOf(horizontalPodAutoscalerKind, autoscaler)).toEqual([
      'x',
      'Deployment/web',
      'cpu: <unknown>/80%',
      '1',
      5,
      0,
      '60s',
    ]);
    expect(autoscaler.spec.behavior).toMatchObject({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [{ type: 'Pods' }, { type: 'Percent' }],
      },
      scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });

  it.each<[object, string[]]>([
    [
      { maxReplicas: 0 },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [{ minReplicas: 7 }, ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`']],
    [{ scaleTargetRef: {} }, ['spec.scaleTargetRef.kind: Required value', 'spec.scaleTargetRef.name: Required value']],
    [
      { metrics: [{ type: 'Resource' }] },
      ['spec.metrics[0].resource: Required value: must populate information for the given metric source'],
    ],
    [
      { metrics: [{ type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue' } } }] },
      ['spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue'],
    ],
    [
      { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Value', value: '1' } } }] },
      [
        'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      ],
    ],
    [
      {
        metrics: [
          {
            type: 'External',
            external: { metric: { name: 'q' }, target: { type: 'Value', value: '1', averageValue: '2' } },
          },
        ],
      },
      [
        'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
      ],
    ],
    [
      { behavior: { scaleUp: { tolerance: '-0.1' }, scaleDown: { stabilizationWindowSeconds: 3601 } } },
      [
        'spec.behavior.scaleUp.tolerance: Invalid value: "-0.1": must be greater than or equal to 0',
        'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      ],
    ],
  ])('with %o: %o', (change, texts) => {
    const autoscaler = sent<HorizontalPodAutoscaler>({ spec: { ...spec, ...change } });
    expect(problemsOf(horizontalPodAutoscalerKind, autoscaler)).toEqual(texts);
  });
});

describe('a PodDisruptionBudget', () => {
  it('says how many must stay or how many may go, not both', () => {
    const budget = sent<PodDisruptionBudget>({ spec: { minAvailable: 1, maxUnavailable: '10%' } });
    expect(problemsOf(podDisruptionBudgetKind, budget)).toEqual([
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"10%"}: minAvailable and maxUnavailable cannot be both set',
    ]);
    const greedy = sent<PodDisruptionBudget>({ spec: { minAvailable: '101%' } });
    expect(problemsOf(podDisruptionBudgetKind, greedy)).toEqual([
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ]);
    expect(cellsOf(podDisruptionBudgetKind, greedy)).toEqual(['x', '101%', 'N/A', 0, '60s']);
  });
});

describe('a PriorityClass', () => {
  const named = (name: string, value: number): PriorityClass =>
    sent<PriorityClass>({ metadata: { ...metadata, name }, value });

  it.each<[string, number, string[]]>([
    ['high', 1000, []],
    ['system-node-critical', 2_000_001_000, []],
    [
      'system-mine',
      5,
      ["metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only"],
    ],
    ['huge', 2_000_000_000, ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  ])('named %s of %d: %o', (name, value, texts) => {
    expect(problemsOf(priorityClassKind, named(name, value))).toEqual(texts);
  });

  it('keeps its value', () => {
    expect(priorityClassKind.validateUpdate(named('a', 2), named('a', 1))).toMatchObject([
      { field: 'value', message: 'Forbidden: may not be changed in an update.' },
    ]);
  });
});

describe('a ResourceQuota', () => {
  it('is printed with what is used of it', () => {
    const quota = sent<ResourceQuota>({
      spec: { hard: { pods: '10', 'limits.cpu': '2000m' } },
      status: { used: { pods: '3' } },
    });
    expect(problemsOf(resourceQuotaKind, quota)).toEqual([]);
    expect(cellsOf(resourceQuotaKind, quota)).toEqual(['x', 'pods: 3/10', 'limits.cpu: 0/2', '60s']);
    expect(
      problemsOf(resourceQuotaKind, sent<ResourceQuota>({ spec: { hard: { pods: '1.5' }, scopes: ['Odd'] } })),
    ).toHaveLength(2);
  });
});

describe('a LimitRange', () => {
  it('has defaults within its bounds', () => {
    const limitRange = sent<LimitRange>({
      spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { memory: '64Mi' } }] },
    });
    expect(problemsOf(limitRangeKind, limitRange)).toEqual([]);
    expect(limitRange.spec?.limits[0]).toMatchObject({
      default: { cpu: '1' },
      defaultRequest: { cpu: '1', memory: '64Mi' },
    });
    const upsideDown = sent<LimitRange>({ spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } });
    expect(problemsOf(limitRangeKind, upsideDown)).toEqual([
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ]);
  });
});
