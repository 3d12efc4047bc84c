import type { Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { referencesOf } from './references.ts';

function pod(spec: Pod['spec']): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec,
    status: {},
  };
}

it('finds what containers, volumes and image pulls of a pod name', () => {
  const references = referencesOf(
    pod({
      initContainers: [
        { name: 'init', image: 'a', env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c1', key: 'k' } } }] },
      ],
      containers: [
        {
          name: 'main',
          image: 'a',
          env: [
            { name: 'PLAIN', value: 'x' },
            { name: 'B', valueFrom: { secretKeyRef: { name: 's1', key: 'k' } } },
            { name: 'C', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
          envFrom: [{ configMapRef: { name: 'c2' } }, { secretRef: { name: 's2' } }],
        },
      ],
      volumes: [
        { name: 'v1', configMap: { name: 'c3' } },
        { name: 'v2', secret: { secretName: 's3' } },
        { name: 'v3', projected: { sources: [{ configMap: { name: 'c4' } }, { secret: { name: 's4' } }] } },
        { name: 'v4', emptyDir: {} },
      ],
      imagePullSecrets: [{ name: 's5' }, {}],
    }),
  );
  expect([...references.configMaps].sort()).toEqual(['shop/c1', 'shop/c2', 'shop/c3', 'shop/c4']);
  expect([...references.secrets].sort()).toEqual(['shop/s1', 'shop/s2', 'shop/s3', 'shop/s4', 'shop/s5']);
});

it('finds nothing in a pod that needs nothing', () => {
  const references = referencesOf(pod({ containers: [{ name: 'main', image: 'a' }] }));
  expect(references.configMaps.size + references.secrets.size).toBe(0);
});
