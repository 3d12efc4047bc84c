import type { FieldError } from '../errors.ts';
import type { ReplicationController } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateNonNegative } from '../validation/common.ts';
import { required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import {
  ageColumn,
  allVerbs,
  countColumn,
  nameColumn,
  scaleSubresource,
  statusHooks,
  statusSubresource,
  textColumn,
} from './define.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { templateWideColumns } from './workload-columns.ts';
import { validateEndlessTemplate, validateTemplateLabels } from './workload-validation.ts';

const path = FieldPath.of('spec');

export const replicationControllerKind: KindDefinition<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusSubresource('', 'v1', 'ReplicationController')],
  hasGeneration: true,
  orphansByDefault: true,
  allowsUnconditionalUpdate: true,
  setDefaults(controller) {
    controller.spec ??= {};
    controller.status ??= { replicas: 0 };
    const { spec, metadata } = controller;
    spec.replicas ??= 1;
    spec.template ??= { spec: { containers: [] } };
    spec.template.spec ??= { containers: [] };
    setPodSpecDefaults(spec.template.spec);
    const labels = spec.template.metadata?.labels;
    if (!labels) return;
    // What the pods are called is what it selects, and is called itself, unless it says otherwise.
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  },
  ...statusHooks<ReplicationController>(() => ({ replicas: 0 })),
  validate: validateReplicationController,
  validateUpdate: () => [],
  nameRule: 'subdomain',
  selectableFields: { 'status.replicas': (controller) => String(controller.status.replicas) },
  columns: [
    nameColumn,
    countColumn('Desired', 'How many pods are wanted.', ({ spec }) => spec.replicas ?? 1),
    countColumn('Current', 'How many pods there are.', ({ status }) => status.replicas),
    countColumn('Ready', 'How many pods are ready.', ({ status }) => status.readyReplicas ?? 0),
    ageColumn,
    ...templateWideColumns,
    textColumn('Selector', 'The labels of the pods that belong to it.', selectorText, 1),
  ],
};

function selectorText({ spec }: ReplicationController): string {
  const pairs = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.toSorted().join(',') || '<none>';
}

function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const errors: FieldError[] = [];
  const { selector = {}, template } = spec;
  validateNonNegative(spec.minReadySeconds, path.child('minReadySeconds'), errors);
  const isEmpty = Object.keys(selector).length === 0;
  if (isEmpty) errors.push(required(path.child('selector')));
  validateNonNegative(spec.replicas, path.child('replicas'), errors);
  const templatePath = path.child('template');
  if (!template) {
    errors.push(required(templatePath));
    return errors;
  }
  if (!isEmpty) validateTemplateLabels(template, { matchLabels: selector }, templatePath, errors);
  validateEndlessTemplate(template, 'ReplicationController', templatePath, errors);
  return errors;
}
