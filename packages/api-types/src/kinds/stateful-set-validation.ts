import type { FieldError } from '../errors.ts';
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../generated/types.ts';
import { semanticEqual } from '../lib/semantic-equal.ts';
import { validateNonNegative, validateOptionalOneOf } from '../validation/common.ts';
import { addProblems, forbidden, invalidValue, required } from '../validation/field-errors.ts';
import { percentProblems } from '../validation/names.ts';
import { validateWorkloadSpec, workloadSpecPath } from './workload-validation.ts';

const path = workloadSpecPath;
const strategyPath = path.child('updateStrategy');
const retentions: readonly string[] = ['Retain', 'Delete'];

/** What of a StatefulSet may change, as the message for everything else lists it. */
const updatableFields = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

/** The rules of a StatefulSet. */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const errors: FieldError[] = [];
  const { podManagementPolicy: policy, persistentVolumeClaimRetentionPolicy: retention } = spec;
  const policyPath = path.child('podManagementPolicy');
  if (!policy) errors.push(required(policyPath));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalidValue(policyPath, policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  validateStrategy(spec.updateStrategy ?? {}, errors);
  const retentionPath = path.child('persistentVolumeClaimRetentionPolicy');
  validateOptionalOneOf(retention?.whenDeleted, retentions, retentionPath.child('whenDeleted'), errors);
  validateOptionalOneOf(retention?.whenScaled, retentions, retentionPath.child('whenScaled'), errors);
  validateNonNegative(spec.ordinals?.start, path.child('ordinals').child('start'), errors);
  validateNonNegative(spec.revisionHistoryLimit, path.child('revisionHistoryLimit'), errors);
  validateWorkloadSpec(withClaimVolumes(spec), errors, { inSelector: 'statefulset', inTemplate: 'StatefulSet' });
  return errors;
}

/** Each claim template is a volume of every pod, in the place of one of that name: containers may mount it. */
function withClaimVolumes(spec: StatefulSetSpec): StatefulSetSpec {
  const names = (spec.volumeClaimTemplates ?? []).flatMap(({ metadata }) => metadata?.name ?? []);
  const { template } = spec;
  if (names.length === 0 || !template?.spec) return spec;
  const own = (template.spec.volumes ?? []).filter(({ name }) => !names.includes(name));
  const volumes = [...own, ...names.map((name) => ({ name, emptyDir: {} }))];
  return { ...spec, template: { ...template, spec: { ...template.spec, volumes } } };
}

/** All of a StatefulSet's spec stays as it is but for the fields above. */
export function validateStatefulSetUpdate(next: StatefulSet, previous: StatefulSet): FieldError[] {
  if (semanticEqual(fixedOf(next.spec), fixedOf(previous.spec))) return [];
  const listed = updatableFields.map((field) => `'${field}'`);
  const text = `updates to statefulset spec for fields other than ${listed.slice(0, -1).join(', ')} and ${listed.at(-1)} are forbidden`;
  return [forbidden(path, text)];
}

function fixedOf(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  const fixed: Partial<StatefulSetSpec> = { ...spec };
  for (const field of updatableFields) delete fixed[field];
  return fixed;
}

function validateStrategy({ type, rollingUpdate }: StatefulSetUpdateStrategy, errors: FieldError[]): void {
  const updatePath = strategyPath.child('rollingUpdate');
  if (!type) {
    errors.push(required(strategyPath));
  } else if (type === 'OnDelete') {
    if (rollingUpdate) {
      errors.push(invalidValue(updatePath, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
    }
  } else if (type === 'RollingUpdate') {
    validateNonNegative(rollingUpdate?.partition, updatePath.child('partition'), errors);
    validateMaxUnavailable(rollingUpdate?.maxUnavailable, errors);
  } else {
    errors.push(invalidValue(strategyPath, { type }, "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

function validateMaxUnavailable(value: number | string | undefined, errors: FieldError[]): void {
  if (value === undefined) return;
  const valuePath = strategyPath.child('rollingUpdate').child('maxUnavailable');
  if (typeof value === 'string') {
    const problems = percentProblems(value);
    addProblems(valuePath, value, problems, errors);
    if (problems.length > 0) return;
    const percent = Number(value.slice(0, -1));
    if (percent > 100) errors.push(invalidValue(valuePath, value, 'must not be greater than 100%'));
    if (percent === 0) errors.push(invalidValue(valuePath, value, 'cannot be 0'));
    return;
  }
  validateNonNegative(value, valuePath, errors);
  if (value === 0) errors.push(invalidValue(valuePath, value, 'cannot be 0'));
}
