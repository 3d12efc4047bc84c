import type { FieldError } from '../errors.ts';
import type { Lease } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { ageColumn, allVerbs, doNothing, nameColumn, noErrors, textColumn } from './define.ts';

export const leaseKind: KindDefinition<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: false,
  setDefaults(lease) {
    lease.spec ??= {};
  },
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate: validateLease,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Holder', 'Who holds the lease.', (lease) => lease.spec.holderIdentity ?? ''),
    ageColumn,
  ],
};

function validateLease(_lease: Lease): FieldError[] {
  return [];
}
