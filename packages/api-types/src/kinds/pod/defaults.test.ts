import { describe, expect, it } from 'vitest';
import type { Pod } from '../../generated/types.ts';
import { podKind } from '../pod.ts';
import { defaultPullPolicy } from './pull-policy.ts';
import { qosClassOf } from './qos.ts';

function defaulted(spec: unknown): Pod {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec } as unknown as Pod;
  podKind.setDefaults(pod);
  return pod;
}

describe('pod defaults', () => {
  it('show what Kubernetes shows for the smallest pod', () => {
    expect(defaulted({ containers: [{ name: 'c', image: 'nginx' }] }).spec).toEqual({
      containers: [
        {
          name: 'c',
          image: 'nginx',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
    });
  });

  it('are the same the second time', () => {
    const pod = defaulted({
      containers: [
        { name: 'c', image: 'a:1', resources: { limits: { cpu: '0.5' } }, readinessProbe: { grpc: { port: 1 } } },
      ],
      volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 's' } }],
    });
    const again = structuredClone(pod);
    podKind.setDefaults(again);
    expect(again).toEqual(pod);
  });

  it('make requests of limits, in canonical form', () => {
    const pod = defaulted({
      containers: [
        { name: 'c', image: 'a', resources: { limits: { cpu: '1000m', memory: '0.5Gi' }, requests: { cpu: '0.1' } } },
      ],
    });
    expect(pod.spec.containers[0]?.resources).toEqual({
      limits: { cpu: '1', memory: '512Mi' },
      requests: { cpu: '100m', memory: '512Mi' },
    });
  });

  it('take bare numbers as quantities', () => {
    const pod = defaulted({ containers: [{ name: 'c', image: 'a', resources: { requests: { cpu: 1 } } }] });
    expect(pod.spec.containers[0]?.resources?.requests).toEqual({ cpu: '1' });
  });

  it('fill in ports, probes, references and volumes', () => {
    const { spec } = defaulted({
      containers: [
        {
          name: 'c',
          image: 'a',
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
          env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }],
        },
      ],
      volumes: [
        { name: 'e' },
        { name: 'c', configMap: { name: 'c' } },
        { name: 'h', hostPath: { path: '/a' } },
        { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      ],
      serviceAccount: 'robot',
      hostNetwork: true,
    });
    const [container] = spec.containers;
    expect(container?.ports).toEqual([{ containerPort: 80, protocol: 'TCP', hostPort: 80 }]);
    expect(container?.livenessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(container?.env?.[0]?.valueFrom?.resourceFieldRef?.divisor).toBe('0');
    expect(spec.volumes).toEqual([
      { name: 'e', emptyDir: {} },
      { name: 'c', configMap: { name: 'c', defaultMode: 420 } },
      { name: 'h', hostPath: { path: '/a', type: '' } },
      {
        name: 'p',
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] },
      },
    ]);
    expect(spec.serviceAccountName).toBe('robot');
  });

  it('do not fall over a pod without a spec', () => {
    expect(podKind.validate(defaulted(undefined)).map((error) => error.field)).toEqual(['spec.containers']);
  });
});

it.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.25', 'IfNotPresent'],
  ['registry:5000/nginx', 'Always'],
  ['registry:5000/nginx:1', 'IfNotPresent'],
  ['nginx@sha256:abc', 'IfNotPresent'],
  ['nginx:latest@sha256:abc', 'Always'],
])('pulls %s %s by default', (image, policy) => {
  expect(defaultPullPolicy(image)).toBe(policy);
});

it.each([
  [[{}], 'BestEffort'],
  [[{ requests: { cpu: '0' } }], 'BestEffort'],
  [[{ requests: { cpu: '1' } }], 'Burstable'],
  [[{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }], 'Guaranteed'],
  [[{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '512Mi' } }], 'Burstable'],
  [[{ limits: { cpu: '1', memory: '1Gi' } }, {}], 'Burstable'],
])('classes containers with %o as %s', (list, qosClass) => {
  const containers = list.map((resources, index) => ({ name: `c${index}`, resources }));
  expect(qosClassOf({ containers })).toBe(qosClass);
});
