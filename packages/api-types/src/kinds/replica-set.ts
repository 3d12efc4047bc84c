import type { FieldError } from '../errors.ts';
import type { ReplicaSet } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, countColumn, nameColumn, scaleSubresource, statusSubresource } from './define.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { workloadWideColumns } from './workload-columns.ts';
import { validateWorkloadSpec, workloadSpecPath } from './workload-validation.ts';

export const replicaSetKind: KindDefinition<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusSubresource('apps', 'v1', 'ReplicaSet')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(replicaSet) {
    // Whatever a client left out must reach validation, which says so in Kubernetes' words.
    replicaSet.spec ??= {} as ReplicaSet['spec'];
    replicaSet.status ??= { replicas: 0 };
    const { spec } = replicaSet;
    spec.replicas ??= 1;
    spec.template ??= { spec: { containers: [] } };
    spec.template.spec ??= { containers: [] };
    setPodSpecDefaults(spec.template.spec);
  },
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  prepareForStatusUpdate(next, previous) {
    next.spec = previous.spec;
  },
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  nameRule: 'subdomain',
  selectableFields: { 'status.replicas': (replicaSet) => String(replicaSet.status.replicas) },
  columns: [
    nameColumn,
    countColumn('Desired', 'How many pods are wanted.', (rs) => rs.spec.replicas ?? 1),
    countColumn('Current', 'How many pods there are.', (rs) => rs.status.replicas),
    countColumn('Ready', 'How many pods are ready.', (rs) => rs.status.readyReplicas ?? 0),
    ageColumn,
    ...workloadWideColumns,
  ],
};

function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  const errors: FieldError[] = [];
  validateWorkloadSpec(spec, errors);
  return errors;
}

function validateReplicaSetUpdate(next: ReplicaSet, previous: ReplicaSet): FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(next.spec.selector, previous.spec.selector, workloadSpecPath.child('selector'), errors);
  return errors;
}
