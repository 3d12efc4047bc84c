import type { ServiceAccount } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { ageColumn, allVerbs, countColumn, doNothing, nameColumn, noErrors } from './define.ts';

export const serviceAccountKind: KindDefinition<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [
    { name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  ],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults: doNothing,
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate: noErrors,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    countColumn(
      'Secrets',
      'How many Secrets pods with this account may use.',
      (account) => account.secrets?.length ?? 0,
    ),
    ageColumn,
  ],
};
