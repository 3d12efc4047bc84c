import type { FieldError } from '../errors.ts';
import type { Lease } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateNonNegative } from '../validation/common.ts';
import { forbidden, invalidValue } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { ageColumn, allVerbs, doNothing, nameColumn, noErrors, textColumn } from './define.ts';

const path = FieldPath.of('spec');

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

function validateLease({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const { leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder } = spec;
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalidValue(path.child('leaseDurationSeconds'), seconds, 'must be greater than 0'));
  }
  validateNonNegative(leaseTransitions, path.child('leaseTransitions'), errors);
  if (preferredHolder && !strategy) {
    errors.push(forbidden(path.child('preferredHolder'), 'may only be specified when `strategy` is defined'));
  }
  return errors;
}
