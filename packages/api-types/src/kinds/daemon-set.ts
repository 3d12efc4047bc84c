import type { FieldError } from '../errors.ts';
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateNonNegative } from '../validation/common.ts';
import { addProblems, invalidValue, notSupported, required } from '../validation/field-errors.ts';
import type { FieldPath } from '../validation/field-path.ts';
import { percentProblems } from '../validation/names.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, countColumn, nameColumn, statusHooks, statusSubresource, textColumn } from './define.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { workloadWideColumns } from './workload-columns.ts';
import { validateWorkloadSpec, workloadSpecPath } from './workload-validation.ts';

export const daemonSetKind: KindDefinition<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('apps', 'v1', 'DaemonSet')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(daemonSet) {
    // Whatever a client left out must reach validation, which says so in Kubernetes' words.
    daemonSet.spec ??= {} as DaemonSet['spec'];
    daemonSet.status ??= emptyStatus();
    const { spec } = daemonSet;
    spec.template ??= { spec: { containers: [] } };
    spec.template.spec ??= { containers: [] };
    setPodSpecDefaults(spec.template.spec);
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  ...statusHooks<DaemonSet>(emptyStatus),
  validate: validateDaemonSet,
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    validateImmutable(next.spec.selector, previous.spec.selector, workloadSpecPath.child('selector'), errors);
    return errors;
  },
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    countColumn('Desired', 'How many nodes should run the pod.', ({ status }) => status.desiredNumberScheduled),
    countColumn('Current', 'How many of these have the pod.', ({ status }) => status.currentNumberScheduled),
    countColumn('Ready', 'On how many of these it is ready.', ({ status }) => status.numberReady),
    countColumn(
      'Up-to-date',
      'On how many it has the current template.',
      (ds) => ds.status.updatedNumberScheduled ?? 0,
    ),
    countColumn('Available', 'On how many it has been ready for long enough.', (ds) => ds.status.numberAvailable ?? 0),
    textColumn('Node Selector', 'The labels of the nodes that should run it.', nodeSelectorText),
    ageColumn,
    ...workloadWideColumns,
  ],
};

function emptyStatus(): DaemonSet['status'] {
  return { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
}

function nodeSelectorText({ spec }: DaemonSet): string {
  const pairs = Object.entries(spec.template.spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.toSorted().join(',') || '<none>';
}

function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const errors: FieldError[] = [];
  validateWorkloadSpec(spec, errors, { inSelector: 'daemonset', inTemplate: 'DaemonSet' });
  validateNonNegative(spec.revisionHistoryLimit, workloadSpecPath.child('revisionHistoryLimit'), errors);
  validateStrategy(spec.updateStrategy ?? {}, workloadSpecPath.child('updateStrategy'), errors);
  return errors;
}

function validateStrategy(
  { type, rollingUpdate }: DaemonSetUpdateStrategy,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') errors.push(notSupported(path, type ?? '', ['RollingUpdate', 'OnDelete']));
  else if (rollingUpdate) validateRollingUpdate(rollingUpdate, path.child('rollingUpdate'), errors);
  else errors.push(required(path.child('rollingUpdate')));
}

/** A node has the new pod beside the old one or in its place, never both. */
function validateRollingUpdate(update: RollingUpdateDaemonSet, path: FieldPath, errors: FieldError[]): void {
  const { maxUnavailable = 0, maxSurge = 0 } = update;
  for (const field of ['maxUnavailable', 'maxSurge'] as const) {
    const value = update[field];
    if (typeof value === 'string') addProblems(path.child(field), value, percentProblems(value), errors);
    else validateNonNegative(value, path.child(field), errors);
    if (amountOf(value ?? 0) > 100 && typeof value === 'string') {
      errors.push(invalidValue(path.child(field), value, 'must not be greater than 100%'));
    }
  }
  if (amountOf(maxUnavailable) !== 0 && amountOf(maxSurge) !== 0) {
    errors.push(invalidValue(path.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    errors.push(required(path.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
  }
}

function amountOf(value: number | string): number {
  return typeof value === 'number' ? value : Number.parseInt(value, 10) || 0;
}
