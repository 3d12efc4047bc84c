import type { FieldError } from '../errors.ts';
import type { PriorityClass } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateOneOf } from '../validation/common.ts';
import { forbidden } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, countColumn, nameColumn, storedAsSent, textColumn } from './define.ts';

const maxUserPriority = 1_000_000_000;
const systemPrefix = 'system-';

/** The classes that every cluster has, for what it cannot do without. */
export const systemPriorityClasses = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
] as const;

export const priorityClassKind: KindDefinition<PriorityClass> = {
  ...storedAsSent,
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  setDefaults(priorityClass) {
    priorityClass.value ??= 0;
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: validatePriorityClass,
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    if (next.value !== previous.value) {
      errors.push(forbidden(FieldPath.of('value'), 'may not be changed in an update.'));
    }
    const policyPath = FieldPath.of('preemptionPolicy');
    validateImmutable(next.preemptionPolicy, previous.preemptionPolicy, policyPath, errors);
    return errors;
  },
  nameRule: 'subdomain',
  columns: [
    nameColumn,
    countColumn('Value', 'Pods of a greater value go first.', (it) => it.value),
    textColumn('Global-Default', 'Whether pods that name no class get this one.', (it) =>
      String(it.globalDefault ?? false),
    ),
    ageColumn,
    textColumn('PreemptionPolicy', 'Whether its pods may displace others.', (it) => it.preemptionPolicy ?? ''),
  ],
};

function validatePriorityClass({ metadata, value, globalDefault, preemptionPolicy }: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '' } = metadata;
  if (name.startsWith(systemPrefix)) {
    const known = systemPriorityClasses.find((it) => it.name === name);
    if (!known || known.value !== value || globalDefault) {
      const text = `priority class names with '${systemPrefix}' prefix are reserved for system use only`;
      errors.push(forbidden(FieldPath.of('metadata').child('name'), text));
    }
  } else if (value > maxUserPriority) {
    const text = `maximum allowed value of a user defined priority is ${maxUserPriority}`;
    errors.push(forbidden(FieldPath.of('value'), text));
  }
  const policies = ['Never', 'PreemptLowerPriority'];
  validateOneOf(preemptionPolicy, policies, FieldPath.of('preemptionPolicy'), errors);
  return errors;
}
