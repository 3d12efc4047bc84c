import type { FieldError } from '../errors.ts';
import type { Namespace } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateFinalizers } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, nameColumn, noErrors, statusSubresource, textColumn } from './define.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceKind: KindDefinition<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
  subresources: [
    { name: 'finalize', group: '', version: 'v1', kind: 'Namespace', verbs: ['update'] },
    statusSubresource('', 'v1', 'Namespace'),
  ],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(namespace) {
    namespace.spec ??= {};
    namespace.status ??= {};
    namespace.status.phase ||= 'Active';
    if (namespace.metadata.name) {
      namespace.metadata.labels = { ...namespace.metadata.labels, [nameLabel]: namespace.metadata.name };
    }
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec.finalizers ?? [];
    namespace.spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
  },
  prepareForUpdate(next, previous) {
    next.spec = previous.spec;
    next.status = previous.status;
  },
  prepareForStatusUpdate(next, previous) {
    next.spec = previous.spec;
  },
  validate: validateNamespace,
  validateUpdate: noErrors,
  nameRule: 'label',
  selectableFields: { 'status.phase': (namespace) => namespace.status.phase ?? '' },
  columns: [
    nameColumn,
    textColumn(
      'Status',
      'Active, or Terminating while it is being emptied.',
      (namespace) => namespace.status.phase ?? '',
    ),
    ageColumn,
  ],
};

function validateNamespace({ spec }: Namespace): FieldError[] {
  const errors: FieldError[] = [];
  validateFinalizers(spec.finalizers ?? [], FieldPath.of('spec').child('finalizers'), errors);
  return errors;
}
