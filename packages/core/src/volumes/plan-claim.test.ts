import { makeNode } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { makeClaim, makeClass, makeVolume } from '../testing/index.ts';
import { annotations } from './names.ts';
import { type ClaimWorld, planClaim } from './plan-claim.ts';

const directory = { [annotations.claimsDirectory]: '/data/node-1/claims' };
const world = (parts: Partial<ClaimWorld> = {}): ClaimWorld => ({
  classes: [makeClass()],
  volumes: [],
  nodes: [makeNode({ name: 'node-1', annotations: directory })],
  ...parts,
});
const selected = { [annotations.selectedNode]: 'node-1' };
const bound = { [annotations.bindCompleted]: 'yes' };

describe('a claim of a class that waits for the first pod', () => {
  it('waits and says so', () => {
    expect(planClaim(makeClaim({ className: 'local' }), world())).toMatchObject({
      type: 'wait',
      event: { reason: 'WaitForFirstConsumer', message: 'waiting for first consumer to be created before binding' },
    });
  });

  it('gets a directory on the node that the scheduler chose, pinned to it', () => {
    const claim = makeClaim({ className: 'local', storage: '3Gi', annotations: selected });
    const step = planClaim(claim, world());
    expect(step).toMatchObject({
      type: 'create',
      event: { type: 'Normal', reason: 'ProvisioningSucceeded' },
      volume: {
        metadata: {
          name: `pvc-${claim.metadata.uid}`,
          annotations: { [annotations.provisionedBy]: 'gantry.io/local' },
        },
        spec: {
          capacity: { storage: '3Gi' },
          persistentVolumeReclaimPolicy: 'Delete',
          local: { path: `/data/node-1/claims/pvc-${claim.metadata.uid}` },
          claimRef: { uid: claim.metadata.uid },
        },
      },
    });
    expect(step.type === 'create' && step.event.message).toContain('whose size is not enforced');
  });

  it('asks the scheduler again where the node is gone or keeps no volumes', () => {
    const claim = makeClaim({ className: 'local', annotations: selected });
    for (const nodes of [[], [makeNode({ name: 'node-1' })]]) {
      expect(planClaim(claim, world({ nodes }))).toMatchObject({ type: 'rejectNode' });
    }
  });

  it('is bound once its volume is there', () => {
    const claim = makeClaim({ className: 'local', annotations: selected });
    const { namespace, name, uid } = claim.metadata;
    const claimRef = { name, uid, ...(namespace ? { namespace } : {}) };
    const volume = makeVolume({ name: `pvc-${uid}`, className: 'local', claimRef });
    expect(planClaim(claim, world({ volumes: [volume] }))).toEqual({ type: 'bind', volume });
  });

  it('leaves volumes made by hand to the scheduler', () => {
    const volumes = [makeVolume({ className: 'local' })];
    expect(planClaim(makeClaim({ className: 'local' }), world({ volumes }))).toMatchObject({ type: 'wait' });
  });

  it.each([
    ['volumeMode', { volumeMode: 'Block' }],
    ['selector', { selector: { matchLabels: { a: 'b' } } }],
    ['dataSource', { dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } }],
  ])('names the field %s that a directory cannot have', (field, spec) => {
    const step = planClaim(makeClaim({ className: 'local', annotations: selected, spec }), world());
    expect(step).toMatchObject({ type: 'wait', event: { type: 'Warning', reason: 'ProvisioningFailed' } });
    expect(step.type === 'wait' && step.event?.message).toContain(`spec.${field}`);
  });
});

describe('a claim of another class', () => {
  it('takes a volume at once', () => {
    const volume = makeVolume({ className: 'manual' });
    const step = planClaim(makeClaim({ className: 'manual' }), world({ volumes: [volume] }));
    expect(step).toEqual({ type: 'bind', volume });
  });

  it.each([
    ['nowhere', 'ProvisioningFailed', 'storageclass.storage.k8s.io "nowhere" not found'],
    ['', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set'],
    [
      'manual',
      'FailedBinding',
      'no persistent volumes available for this claim, and storage class "manual" makes none',
    ],
    ['cloud', 'ExternalProvisioning', "Waiting for a volume to be created either by the external provisioner 'ebs'"],
  ])('of class "%s" says %s', (className, reason, message) => {
    const classes = [
      makeClass({ name: 'manual', provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'Immediate' }),
      makeClass({ name: 'cloud', provisioner: 'ebs', volumeBindingMode: 'Immediate' }),
    ];
    const step = planClaim(makeClaim({ className }), world({ classes }));
    expect(step).toMatchObject({ type: 'wait', event: { reason } });
    expect(step.type === 'wait' && step.event?.message).toContain(message);
  });

  it('takes the default class as soon as there is one', () => {
    const isDefault = { [annotations.isDefaultClass]: 'true' };
    const classes = [makeClass({ name: 'slow' }), makeClass({ name: 'fast', annotations: isDefault })];
    expect(planClaim(makeClaim(), world({ classes }))).toEqual({ type: 'assignClass', storageClassName: 'fast' });
    expect(planClaim(makeClaim(), world({ classes: [] }))).toMatchObject({ type: 'wait' });
  });
});

describe('a claim that names its volume', () => {
  const claim = makeClaim({ volumeName: 'volume', className: '' });

  it('is bound to it', () => {
    const volume = makeVolume();
    expect(planClaim(claim, world({ volumes: [volume] }))).toEqual({ type: 'bind', volume });
  });

  it.each([
    ['is missing', [], 'volume "volume" not found'],
    [
      'is too small',
      [makeVolume({ storage: '1Mi' })],
      'Cannot bind to requested volume "volume": requested PV is too small',
    ],
    [
      "is another's",
      [makeVolume({ claimRef: { name: 'other', namespace: 'default', uid: 'o' } })],
      'volume "volume" already bound to a different claim.',
    ],
  ])('waits where the volume %s', (_, volumes, message) => {
    expect(planClaim(claim, world({ volumes }))).toMatchObject({ type: 'wait', event: { message } });
  });

  it('is lost where the volume it was bound to is gone', () => {
    const was = makeClaim({ volumeName: 'volume', className: '', annotations: bound });
    expect(planClaim(was, world())).toMatchObject({ type: 'lose', event: { reason: 'ClaimLost' } });
  });
});
