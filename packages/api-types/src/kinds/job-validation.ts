import type { FieldError } from '../errors.ts';
import type { Job, JobSpec } from '../generated/types.ts';
import { validateNonNegative, validateOneOf, validateOptionalOneOf } from '../validation/common.ts';
import { invalidValue, notSupported, required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { isValidSelector, validateLabelName, validateLabelSelector } from '../validation/labels.ts';
import { jobLabels } from './job-labels.ts';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policy-validation.ts';
import { validatePodTemplate } from './pod/validation.ts';
import { validateTemplateLabels } from './workload-validation.ts';

const path = FieldPath.of('spec');
const maxIndexedParallelism = 100_000;
const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** The rules of a Job. */
export function validateJob(job: Job): FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = job;
  validateJobSpec(spec, path, errors);
  const { selector } = spec;
  if (!selector) {
    errors.push(required(path.child('selector')));
    return errors;
  }
  validateLabelSelector(selector, path.child('selector'), errors);
  if (!isValidSelector(selector)) return errors;
  validateTemplateLabels(spec.template, selector, path.child('template'), errors);
  validateGeneratedSelector(job, errors);
  return errors;
}

/** The rules of the spec of a Job, or of a CronJob's template of one, at `at`. */
export function validateJobSpec(spec: JobSpec, at: FieldPath, errors: FieldError[]): void {
  for (const field of counts) validateNonNegative(spec[field], at.child(field), errors);
  validateOptionalOneOf(spec.completionMode, ['Indexed', 'NonIndexed'], at.child('completionMode'), errors);
  if (spec.completionMode === 'Indexed') validateIndexed(spec, at, errors);
  else if (spec.backoffLimitPerIndex !== undefined) {
    const text = 'requires indexed completion mode';
    errors.push(invalidValue(at.child('backoffLimitPerIndex'), spec.backoffLimitPerIndex, text));
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  }
  if (spec.managedBy !== undefined) validateLabelName(spec.managedBy, at.child('managedBy'), errors);
  if (spec.podFailurePolicy) validatePodFailurePolicy(spec, at.child('podFailurePolicy'), errors);
  if (spec.successPolicy) validateSuccessPolicy(spec, at.child('successPolicy'), errors);
  const replacements = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  validateOptionalOneOf(spec.podReplacementPolicy, replacements, at.child('podReplacementPolicy'), errors);
  validateTemplate(spec, at.child('template'), errors);
}

function validateIndexed(spec: JobSpec, at: FieldPath, errors: FieldError[]): void {
  const { completions, parallelism = 0, maxFailedIndexes } = spec;
  if (completions === undefined) {
    errors.push(required(at.child('completions'), 'when completion mode is Indexed'));
  } else if (maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    const text = 'must be less than or equal to completions';
    errors.push(invalidValue(at.child('maxFailedIndexes'), maxFailedIndexes, text));
  }
  if (parallelism > maxIndexedParallelism) {
    const text = `must be less than or equal to ${maxIndexedParallelism} when completion mode is Indexed`;
    errors.push(invalidValue(at.child('parallelism'), parallelism, text));
  }
}

/** Pods of a Job end, so that "Always", which is also what a missing policy becomes, makes no sense. */
function validateTemplate({ template, podFailurePolicy }: JobSpec, at: FieldPath, errors: FieldError[]): void {
  validatePodTemplate(template, at, errors);
  const policy = template.spec.restartPolicy;
  const policyPath = at.child('spec').child('restartPolicy');
  if (!policy || policy === 'Always') {
    errors.push(required(policyPath, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(notSupported(policyPath, policy, ['OnFailure', 'Never']));
  } else if (podFailurePolicy && policy !== 'Never') {
    const text = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(invalidValue(policyPath, policy, text));
  }
}

/** What the server has generated must not have been given otherwise. */
function validateGeneratedSelector({ metadata, spec }: Job, errors: FieldError[]): void {
  if (spec.manualSelector) return;
  const labelsPath = path.child('template').child('metadata').child('labels');
  const expected = {
    [jobLabels.legacyControllerUid]: metadata.uid,
    [jobLabels.legacyJobName]: metadata.name,
    [jobLabels.controllerUid]: metadata.uid,
    [jobLabels.jobName]: metadata.name,
  };
  const labels = spec.template.metadata?.labels ?? {};
  for (const [label, value] of Object.entries(expected)) {
    if (labels[label] === value) continue;
    if (labels[label] === undefined) errors.push(required(labelsPath.key(label), `must be '${value}'`));
    else errors.push(invalidValue(labelsPath.key(label), labels[label], `must be '${value}'`));
  }
  const given = spec.selector?.matchLabels ?? {};
  const isOwn = [jobLabels.controllerUid, jobLabels.legacyControllerUid].some((label) => given[label] === metadata.uid);
  if (!isOwn) errors.push(invalidValue(path.child('selector'), spec.selector, '`selector` not auto-generated'));
}

/** The rules of a template of Jobs: its selector is made for each of them. */
export function validateJobTemplate(spec: JobSpec, at: FieldPath, errors: FieldError[]): void {
  validateJobSpec(spec, at, errors);
  if (spec.manualSelector) errors.push(notSupported(at.child('manualSelector'), true, ['nil', 'false']));
  if (spec.selector) {
    errors.push(invalidValue(at.child('selector'), spec.selector, '`selector` will be auto-generated'));
  }
}

/** The rules of a concurrency policy. */
export function validateConcurrencyPolicy(value: string | undefined, at: FieldPath, errors: FieldError[]): void {
  validateOneOf(value, ['Allow', 'Forbid', 'Replace'], at, errors);
}
