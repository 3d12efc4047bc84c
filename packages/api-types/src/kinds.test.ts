import { describe, expect, it } from 'vitest';
import { apiVersionOf, resourceName } from './kind.ts';
import { kindByApiVersion, kindByGvk, kindByResource, kinds } from './kinds.ts';
import { validateObjectMeta } from './validation/object-meta.ts';

describe('the served kinds', () => {
  it('are found by resource, by group, version and kind, and by what objects say of themselves', () => {
    for (const kind of kinds) {
      expect(kindByResource(resourceName(kind))).toBe(kind);
      expect(kindByGvk(kind.group, kind.version, kind.kind)).toBe(kind);
      expect(kindByApiVersion(apiVersionOf(kind), kind.kind)).toBe(kind);
    }
    expect(kindByResource('unicorns')).toBeUndefined();
    expect(kindByApiVersion('apps/v2', 'Deployment')).toBeUndefined();
  });

  it('have the short names kubectl users know', () => {
    const shortNames = Object.fromEntries(kinds.map((kind) => [resourceName(kind), kind.shortNames.join()]));
    expect(shortNames).toEqual({
      configmaps: 'cm',
      endpoints: 'ep',
      events: 'ev',
      limitranges: 'limits',
      namespaces: 'ns',
      nodes: 'no',
      persistentvolumeclaims: 'pvc',
      persistentvolumes: 'pv',
      pods: 'po',
      podtemplates: '',
      replicationcontrollers: 'rc',
      resourcequotas: 'quota',
      secrets: '',
      serviceaccounts: 'sa',
      services: 'svc',
      'controllerrevisions.apps': '',
      'daemonsets.apps': 'ds',
      'deployments.apps': 'deploy',
      'replicasets.apps': 'rs',
      'statefulsets.apps': 'sts',
      'horizontalpodautoscalers.autoscaling': 'hpa',
      'cronjobs.batch': 'cj',
      'jobs.batch': '',
      'leases.coordination.k8s.io': '',
      'endpointslices.discovery.k8s.io': '',
      'ingressclasses.networking.k8s.io': '',
      'ingresses.networking.k8s.io': 'ing',
      'networkpolicies.networking.k8s.io': 'netpol',
      'poddisruptionbudgets.policy': 'pdb',
      'clusterrolebindings.rbac.authorization.k8s.io': '',
      'clusterroles.rbac.authorization.k8s.io': '',
      'rolebindings.rbac.authorization.k8s.io': '',
      'roles.rbac.authorization.k8s.io': '',
      'priorityclasses.scheduling.k8s.io': 'pc',
      'storageclasses.storage.k8s.io': 'sc',
      'nodepools.gantry.io': 'np',
      'rebalances.gantry.io': '',
    });
    const all = kinds.filter((kind) => kind.categories.includes('all')).map((kind) => kind.plural);
    expect(all.toSorted()).toEqual([
      'cronjobs',
      'daemonsets',
      'deployments',
      'horizontalpodautoscalers',
      'jobs',
      'pods',
      'replicasets',
      'replicationcontrollers',
      'services',
      'statefulsets',
    ]);
  });

  it('never throw on an object that has nothing but a name', () => {
    for (const kind of kinds) {
      const metadata = { name: 'x', ...(kind.isNamespaced ? { namespace: 'default' } : {}) };
      const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata } as never;
      kind.setDefaults(object);
      kind.prepareForCreate(object);
      expect(validateObjectMeta(metadata, kind)).toEqual([]);
      expect(Array.isArray(kind.validate(object))).toBe(true);
      expect(kind.validateUpdate(object, structuredClone(object))).toEqual([]);
      for (const column of kind.columns) expect(column.value(object, new Date())).toBeDefined();
      for (const read of Object.values(kind.selectableFields)) expect(typeof read(object)).toBe('string');
    }
  });
});
