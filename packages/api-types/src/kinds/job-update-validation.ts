import type { FieldError } from '../errors.ts';
import type { Job, PodTemplateSpec } from '../generated/types.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateImmutable } from '../validation/object-meta.ts';

const path = FieldPath.of('spec');
const fixedFields = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

/**
 * What of a Job may not change: nearly all but its parallelism and whether it is suspended. Where its pods go may while
 * it is suspended and has not started; a Job of indexes may grow and shrink with its parallelism.
 */
export function validateJobUpdate(next: Job, previous: Job): FieldError[] {
  const errors: FieldError[] = [];
  validateCompletions(next, previous, errors);
  for (const field of fixedFields) validateImmutable(next.spec[field], previous.spec[field], path.child(field), errors);
  const isOpen = previous.spec.suspend === true && previous.status.startTime === undefined;
  const template = isOpen ? withDirectives(next.spec.template, previous.spec.template) : next.spec.template;
  validateImmutable(template, previous.spec.template, path.child('template'), errors);
  return errors;
}

function validateCompletions({ spec: next }: Job, { spec: previous }: Job, errors: FieldError[]): void {
  const completionsPath = path.child('completions');
  if (previous.completionMode !== 'Indexed') {
    validateImmutable(next.completions, previous.completions, completionsPath, errors);
    return;
  }
  if (next.completions === previous.completions || next.completions === next.parallelism) return;
  const text = 'can only be modified in tandem with spec.parallelism';
  errors.push(invalidValue(completionsPath, next.completions, text));
}

/** The template with what says where its pods go, and their labels and annotations, as it was. */
function withDirectives(next: PodTemplateSpec, previous: PodTemplateSpec): PodTemplateSpec {
  const spec = { ...next.spec };
  const { spec: old } = previous;
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) {
    Object.assign(spec, { [field]: old[field] });
  }
  const { nodeAffinity: _, ...affinity } = next.spec.affinity ?? {};
  const nodeAffinity = old.affinity?.nodeAffinity;
  spec.affinity = { ...affinity, ...(nodeAffinity ? { nodeAffinity } : {}) };
  const { labels, annotations } = previous.metadata ?? {};
  const metadata = { ...next.metadata, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  if (!annotations) delete metadata.annotations;
  return { ...next, metadata, spec };
}
