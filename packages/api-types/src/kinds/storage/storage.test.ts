import { describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../generated/types.ts';
import {
  cellsOf,
  makePersistentVolume,
  makePersistentVolumeClaim,
  makeStorageClass,
  problemsOf,
} from '../../testing/index.ts';
import { persistentVolumeKind } from './persistent-volume.ts';
import { persistentVolumeClaimKind } from './persistent-volume-claim.ts';
import { storageClassKind } from './storage-class.ts';

const updateTexts = (next: PersistentVolumeClaim, previous: PersistentVolumeClaim): string[] =>
  persistentVolumeClaimKind.validateUpdate(next, previous).map((error) => `${error.field}: ${error.message}`);

describe('a PersistentVolumeClaim', () => {
  it.each<[Partial<PersistentVolumeClaim['spec']>, string[]]>([
    [{}, []],
    [{ accessModes: [] }, ['spec.accessModes: Required value: at least 1 access mode is required']],
    [
      { accessModes: ['ReadWriteOncePod', 'ReadWriteMany'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [{ resources: {} }, ['spec.resources[storage]: Required value']],
    [
      { resources: { requests: { storage: '0' } } },
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [{ volumeMode: 'Tape' }, ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"']],
  ])('with %o: %o', (spec, texts) => {
    expect(problemsOf(persistentVolumeClaimKind, makePersistentVolumeClaim({ spec }))).toEqual(texts);
  });

  it('is given a volume once, grows once it has it, and otherwise stays as it is', () => {
    const pending = makePersistentVolumeClaim();
    expect(updateTexts(makePersistentVolumeClaim({ volumeName: 'pv-1' }), pending)).toEqual([]);
    expect(updateTexts(makePersistentVolumeClaim({ storage: '2Gi' }), pending)).toEqual([
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n  spec.resources.requests.storage differs',
    ]);
    const bound = makePersistentVolumeClaim({ volumeName: 'pv-1', status: { phase: 'Bound' } });
    expect(updateTexts(makePersistentVolumeClaim({ volumeName: 'pv-1', storage: '2Gi' }), bound)).toEqual([]);
    expect(updateTexts(makePersistentVolumeClaim({ volumeName: 'pv-1', storage: '500Mi' }), bound)).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than previous value',
    ]);
    expect(updateTexts(makePersistentVolumeClaim({ volumeName: 'pv-2' }), bound)).toHaveLength(1);
  });

  it('is printed with what it has', () => {
    const bound = makePersistentVolumeClaim({
      name: 'data',
      volumeName: 'pv-1',
      storageClassName: 'standard',
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
    });
    expect(cellsOf(persistentVolumeClaimKind, bound)).toEqual([
      'data',
      'Bound',
      'pv-1',
      '1Gi',
      'RWO',
      'standard',
      '<unset>',
      '60s',
      'Filesystem',
    ]);
  });
});

describe('a PersistentVolume', () => {
  it.each<[Partial<PersistentVolume['spec']>, string[]]>([
    [{}, []],
    [{ hostPath: undefined as never, nfs: { server: 'nas', path: '/export' } }, []],
    [{ hostPath: undefined as never }, ['spec: Required value: must specify a volume type']],
    [{ nfs: { server: 'nas', path: '/export' } }, ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
    [{ capacity: {} }, ['spec.capacity: Required value']],
    [{ capacity: { cpu: '1' } }, ['spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"']],
    [
      { hostPath: undefined as never, local: { path: '/mnt/disk' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      { persistentVolumeReclaimPolicy: 'Burn' },
      [
        'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      ],
    ],
  ])('with %o: %o', (spec, texts) => {
    expect(problemsOf(persistentVolumeKind, makePersistentVolume({ spec }))).toEqual(texts);
  });

  it('stays where it is', () => {
    const next = makePersistentVolume({ spec: { hostPath: { path: '/elsewhere', type: '' } } });
    expect(persistentVolumeKind.validateUpdate(next, makePersistentVolume())).toMatchObject([
      {
        field: 'spec',
        message: 'Forbidden: spec.persistentvolumesource is immutable after creation\n  spec.hostPath.path differs',
      },
    ]);
    const claimed = makePersistentVolume({ spec: { claimRef: { name: 'data', namespace: 'default' } } });
    expect(persistentVolumeKind.validateUpdate(claimed, makePersistentVolume())).toEqual([]);
  });

  it('is printed with who has it', () => {
    const volume = makePersistentVolume({
      name: 'pv-1',
      status: { phase: 'Bound' },
      spec: { claimRef: { namespace: 'default', name: 'data' } },
    });
    expect(cellsOf(persistentVolumeKind, volume)).toEqual([
      'pv-1',
      '1Gi',
      'RWO',
      'Retain',
      'Bound',
      'default/data',
      '',
      '<unset>',
      '',
      '60s',
      'Filesystem',
    ]);
  });
});

describe('a StorageClass', () => {
  it('has a provisioner and keeps it', () => {
    expect(problemsOf(storageClassKind, { ...makeStorageClass(), provisioner: '' })).toEqual([
      'provisioner: Required value',
    ]);
    const next = makeStorageClass({ provisioner: 'example.com/other', reclaimPolicy: 'Retain' });
    expect(storageClassKind.validateUpdate(next, makeStorageClass()).map((error) => error.message)).toEqual([
      'Forbidden: updates to provisioner are forbidden.',
      'Forbidden: updates to reclaimPolicy are forbidden.',
    ]);
  });

  it('says in its row that it is the default', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    expect(cellsOf<StorageClass>(storageClassKind, makeStorageClass({ annotations }))).toEqual([
      'standard (default)',
      'example.com/test',
      'Delete',
      'WaitForFirstConsumer',
      'false',
      '60s',
    ]);
  });
});
