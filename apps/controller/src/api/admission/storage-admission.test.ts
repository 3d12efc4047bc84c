import type { PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, type TestApi } from '../testing/test-api.ts';

const claimsPath = '/api/v1/namespaces/default/persistentvolumeclaims';
const volumesPath = '/api/v1/persistentvolumes';

const claim = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});

const volume = (name: string, source: object) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...source },
});

interface Answer {
  readonly message: string;
  readonly metadata: { readonly finalizers?: readonly string[] };
  readonly spec: PersistentVolumeClaim['spec'];
}

describe('storage admission', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('finds the default class of a fresh cluster, and gives it to claims that name none', async () => {
    const { body } = await api.call<StorageClass>('GET', '/apis/storage.k8s.io/v1/storageclasses/local');
    expect(body).toMatchObject({
      provisioner: 'gantry.io/local',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    });
    const made = await api.call<Answer>('POST', claimsPath, { body: claim('a') });
    expect(made.body.spec.storageClassName).toBe('local');
    expect(made.body.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    const none = await api.call<Answer>('POST', claimsPath, { body: claim('b', { storageClassName: '' }) });
    expect(none.body.spec.storageClassName).toBe('');
  });

  it('protects volumes, and refuses those of other storage systems, naming the field', async () => {
    const made = await api.call<Answer>('POST', volumesPath, { body: volume('ours', { hostPath: { path: '/data' } }) });
    expect(made.body.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
    const nfs = await api.call<Answer>('POST', volumesPath, {
      body: volume('nfs', { nfs: { server: 's', path: '/' } }),
    });
    expect(nfs.code).toBe(422);
    expect(nfs.body.message).toContain('spec.nfs: Forbidden');
  });

  it('lets a bound claim grow only where its class allows it', async () => {
    await api.client.create('storageclasses.storage.k8s.io', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'fixed' },
      provisioner: 'gantry.io/local',
    });
    const grow = async (name: string, className: string) => {
      const made = await api.client.create('persistentvolumeclaims', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace: 'default' },
        spec: { ...claim(name).spec, storageClassName: className, volumeName: 'some' },
      });
      await api.client.updateStatus('persistentvolumeclaims', { ...made, status: { phase: 'Bound' } });
      const body = { spec: { resources: { requests: { storage: '2Gi' } } } };
      const contentType = 'application/merge-patch+json';
      return (await api.call<Answer>('PATCH', `${claimsPath}/${name}`, { body, contentType })).code;
    };
    expect(await grow('c', 'local')).toBe(200);
    expect(await grow('d', 'fixed')).toBe(403);
  });
});
