import type { FieldError } from '../../errors.ts';
import type { ResourceQuota } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { addProblems, notSupported } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { validateImmutable } from '../../validation/object-meta.ts';
import { validateResourceQuantity } from '../../validation/resources.ts';
import { ageColumn, allVerbs, nameColumn, statusHooks, statusSubresource, textColumn } from '../define.ts';
import { canonicaliseQuantities } from '../resource-lists.ts';

const specPath = FieldPath.of('spec');
const scopes: readonly string[] = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

export const resourceQuotaKind: KindDefinition<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('', 'v1', 'ResourceQuota')],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(quota) {
    quota.spec ??= {};
    quota.status ??= {};
    if (quota.spec.hard) canonicaliseQuantities(quota.spec.hard);
  },
  ...statusHooks<ResourceQuota>(() => ({})),
  validate: validateResourceQuota,
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    const sorted = (list: readonly string[] = []): string[] => list.toSorted();
    validateImmutable(sorted(next.spec.scopes), sorted(previous.spec.scopes), specPath.child('scopes'), errors);
    return errors;
  },
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Request', 'What of each resource is used, of how much.', (it) => amountsText(it, false)),
    textColumn('Limit', 'What of each limit is used, of how much.', (it) => amountsText(it, true)),
    ageColumn,
  ],
};

/** `pods: 0/10, requests.cpu: 500m/2` */
function amountsText({ spec, status }: ResourceQuota, areLimits: boolean): string {
  const names: readonly string[] = Object.keys(spec.hard ?? {}).toSorted((a, b) => (a < b ? -1 : 1));
  return names
    .filter((name) => name.startsWith('limits.') === areLimits)
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${spec.hard?.[name] ?? '0'}`)
    .join(', ');
}

function validateResourceQuota({ spec }: ResourceQuota): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, quantity] of Object.entries(spec.hard ?? {})) {
    const path = specPath.child('hard').key(name);
    addProblems(path, name, qualifiedNameProblems(name), errors);
    validateResourceQuantity(name, quantity, path, errors);
  }
  for (const scope of spec.scopes ?? []) {
    if (!scopes.includes(scope)) errors.push(notSupported(specPath.child('scopes'), scope, scopes));
  }
  return errors;
}
