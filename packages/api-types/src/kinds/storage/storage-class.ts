import type { FieldError } from '../../errors.ts';
import type { StorageClass } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { semanticEqual } from '../../lib/semantic-equal.ts';
import { validateOneOf } from '../../validation/common.ts';
import { addProblems, forbidden, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { validateImmutable } from '../../validation/object-meta.ts';
import { ageColumn, allVerbs, nameColumn, storedAsSent, textColumn } from '../define.ts';

const defaultAnnotation = 'storageclass.kubernetes.io/is-default-class';
const betaDefaultAnnotation = 'storageclass.beta.kubernetes.io/is-default-class';

/** Whether claims that name no class get this one. */
export function isDefaultStorageClass({ metadata }: StorageClass): boolean {
  const { annotations = {} } = metadata;
  return annotations[defaultAnnotation] === 'true' || annotations[betaDefaultAnnotation] === 'true';
}

export const storageClassKind: KindDefinition<StorageClass> = {
  ...storedAsSent,
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  setDefaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  nameRule: 'subdomain',
  columns: [
    {
      ...nameColumn,
      value: (it) => (isDefaultStorageClass(it as StorageClass) ? `${it.metadata.name} (default)` : it.metadata.name),
    },
    textColumn('Provisioner', 'Who makes its volumes.', (it) => it.provisioner ?? ''),
    textColumn(
      'ReclaimPolicy',
      'What becomes of its volumes once their claim is gone.',
      (it) => it.reclaimPolicy ?? '',
    ),
    textColumn('VolumeBindingMode', 'When volumes are made.', (it) => it.volumeBindingMode ?? ''),
    textColumn('AllowVolumeExpansion', 'Whether claims may grow.', (it) => String(it.allowVolumeExpansion ?? false)),
    ageColumn,
  ],
};

function validateStorageClass(storageClass: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  const path = FieldPath.of('provisioner');
  const { provisioner } = storageClass;
  if (provisioner) addProblems(path, provisioner, qualifiedNameProblems(provisioner.toLowerCase()), errors);
  else errors.push(required(path));
  const policies = ['Delete', 'Retain'];
  validateOneOf(storageClass.reclaimPolicy, policies, FieldPath.of('reclaimPolicy'), errors);
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  validateOneOf(storageClass.volumeBindingMode, modes, FieldPath.of('volumeBindingMode'), errors);
  return errors;
}

function validateStorageClassUpdate(next: StorageClass, previous: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (semanticEqual(next[field], previous[field])) continue;
    errors.push(forbidden(FieldPath.of(field), `updates to ${field} are forbidden.`));
  }
  validateImmutable(next.volumeBindingMode, previous.volumeBindingMode, FieldPath.of('volumeBindingMode'), errors);
  return errors;
}
