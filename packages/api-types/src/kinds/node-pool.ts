import type { FieldError } from '../errors.ts';
import type { NodePool } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateNonNegative, validateOptionalOneOf } from '../validation/common.ts';
import { addProblems, invalidValue, notPositiveText, required, tooLong } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateLabels } from '../validation/labels.ts';
import { dns1123LabelProblems } from '../validation/names.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { validateResourceList, validateResourceQuantity } from '../validation/resources.ts';
import { ageColumn, allVerbs, countColumn, nameColumn, statusHooks, statusSubresource, textColumn } from './define.ts';
import { validateTaints } from './node-validation.ts';
import { canonicaliseQuantities, canonicalOrSame } from './resource-lists.ts';

const path = FieldPath.of('spec');
const templatePath = path.child('template');
/** Hosts are called `<pool>-<number>`, and a host's name must fit everywhere (labels, container names). */
const maxNameLength = 40;
const scaleDownPolicies = ['Never', 'WhenEmpty', 'WhenEmptyOrUnderutilized'];
const defaultProvider = 'docker';

export const nodePoolKind: KindDefinition<NodePool> = {
  group: 'gantry.io',
  version: 'v1',
  kind: 'NodePool',
  plural: 'nodepools',
  singular: 'nodepool',
  shortNames: ['np'],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  subresources: [statusSubresource('gantry.io', 'v1', 'NodePool')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults,
  ...statusHooks<NodePool>(emptyStatus),
  validate: validateNodePool,
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    validateImmutable(next.spec.provider, previous.spec.provider, path.child('provider'), errors);
    return errors;
  },
  nameRule: 'label',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Provider', 'Who makes the hosts.', ({ spec }) => spec.provider ?? ''),
    countColumn('Min', 'How many hosts are kept whatever happens.', ({ spec }) => spec.minNodes ?? 0),
    countColumn('Max', 'How many hosts there may be.', ({ spec }) => spec.maxNodes ?? 0),
    countColumn('Nodes', 'How many hosts there are.', ({ status }) => status.nodes),
    countColumn('Ready', 'How many of them are Ready.', ({ status }) => status.readyNodes),
    textColumn('State', 'What the pool is doing.', stateText),
    textColumn('CPU', 'The cpu of a host.', ({ spec }) => spec.template?.cpu ?? '', 1),
    textColumn('Memory', 'The memory of a host.', ({ spec }) => spec.template?.memory ?? '', 1),
    ageColumn,
  ],
};

function emptyStatus(): NodePool['status'] {
  return { nodes: 0, readyNodes: 0, waitingPods: 0 };
}

function setDefaults(pool: NodePool): void {
  pool.spec ??= {} as NodePool['spec'];
  pool.status ??= emptyStatus();
  const { spec } = pool;
  spec.provider ||= defaultProvider;
  spec.minNodes ??= 0;
  spec.scaleUp ??= {};
  spec.scaleUp.delaySeconds ??= 5;
  spec.scaleDown ??= {};
  spec.scaleDown.policy ||= 'WhenEmptyOrUnderutilized';
  spec.scaleDown.afterSeconds ??= 300;
  spec.scaleDown.drainTimeoutSeconds ??= 300;
  spec.template ??= {} as NodePool['spec']['template'];
  const { template } = spec;
  if (template.cpu) template.cpu = canonicalOrSame(template.cpu);
  if (template.memory) template.memory = canonicalOrSame(template.memory);
  template.maxPods ??= 110;
  if (spec.limits) canonicaliseQuantities(spec.limits);
}

/** The reason of the condition that says most about what is going on. */
function stateText({ status }: NodePool): string {
  const holding = (type: string, value: string) =>
    status.conditions?.find((condition) => condition.type === type && condition.status === value);
  const told = holding('ScalingUp', 'True') ?? holding('ScalingDown', 'True') ?? holding('Ready', 'False');
  return told?.reason ?? holding('Ready', 'True')?.reason ?? '';
}

function validateNodePool(pool: NodePool): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata, spec } = pool;
  if ((metadata.name ?? '').length > maxNameLength)
    errors.push(tooLong(FieldPath.of('metadata').child('name'), maxNameLength));
  const provider = spec.provider ?? '';
  addProblems(path.child('provider'), provider, dns1123LabelProblems(provider), errors);
  validateSize(pool, errors);
  validateTemplate(pool, errors);
  validateNonNegative(spec.scaleUp?.delaySeconds, path.child('scaleUp').child('delaySeconds'), errors);
  const { policy, afterSeconds, drainTimeoutSeconds } = spec.scaleDown ?? {};
  const downPath = path.child('scaleDown');
  validateOptionalOneOf(policy, scaleDownPolicies, downPath.child('policy'), errors);
  validateNonNegative(afterSeconds, downPath.child('afterSeconds'), errors);
  validateNonNegative(drainTimeoutSeconds, downPath.child('drainTimeoutSeconds'), errors);
  validateResourceList(spec.limits, path.child('limits'), errors);
  return errors;
}

function validateSize({ spec }: NodePool, errors: FieldError[]): void {
  const { minNodes = 0, maxNodes } = spec;
  validateNonNegative(minNodes, path.child('minNodes'), errors);
  if (maxNodes === undefined) errors.push(required(path.child('maxNodes')));
  else if (maxNodes < 1) errors.push(invalidValue(path.child('maxNodes'), maxNodes, notPositiveText));
  else if (minNodes > maxNodes)
    errors.push(invalidValue(path.child('minNodes'), minNodes, 'must not be greater than maxNodes'));
}

function validateTemplate({ spec }: NodePool, errors: FieldError[]): void {
  const { template } = spec;
  for (const name of ['cpu', 'memory'] as const) {
    const quantity = template[name];
    const field = templatePath.child(name);
    if (!quantity || quantity === '0') errors.push(required(field, 'how much of it a host has'));
    else validateResourceQuantity(name, quantity, field, errors);
  }
  const { maxPods = 110 } = template;
  if (maxPods < 1) errors.push(invalidValue(templatePath.child('maxPods'), maxPods, notPositiveText));
  validateLabels(template.labels, templatePath.child('labels'), errors);
  validateTaints(template.taints ?? [], templatePath.child('taints'), errors);
  for (const [index, image] of (template.images ?? []).entries()) {
    if (image.trim() === '') errors.push(required(templatePath.child('images').index(index)));
  }
}
