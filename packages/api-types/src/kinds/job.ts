import type { Job } from '../generated/types.ts';
import { humanDuration } from '../human-duration.ts';
import type { KindDefinition } from '../kind.ts';
import { ageColumn, allVerbs, nameColumn, statusHooks, statusSubresource, textColumn } from './define.ts';
import { jobLabels } from './job-labels.ts';
import { validateJobUpdate } from './job-update-validation.ts';
import { validateJob } from './job-validation.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { workloadWideColumns } from './workload-columns.ts';

const maxInt32 = 2 ** 31 - 1;

const hooks = statusHooks<Job>(() => ({}));

export const jobKind: KindDefinition<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  shortNames: [],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('batch', 'v1', 'Job')],
  hasGeneration: true,
  orphansByDefault: true,
  allowsUnconditionalUpdate: true,
  setDefaults: setJobDefaults,
  ...hooks,
  prepareForCreate(job) {
    hooks.prepareForCreate(job);
    selectOwnPods(job);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  nameRule: 'subdomain',
  selectableFields: { 'status.successful': (job) => String(job.status.succeeded ?? 0) },
  columns: [
    nameColumn,
    textColumn('Status', 'How far the Job is.', statusText),
    textColumn('Completions', 'How many of the wanted pods have succeeded.', completionsText),
    textColumn('Duration', 'How long the Job took, or has been running.', durationText),
    ageColumn,
    ...workloadWideColumns,
  ],
};

function setJobDefaults(job: Job): void {
  // Whatever a client left out must reach validation, which says so in Kubernetes' words.
  job.spec ??= {} as Job['spec'];
  job.status ??= {};
  const { spec } = job;
  spec.template ??= { spec: { containers: [] } };
  spec.template.spec ??= { containers: [] };
  setPodSpecDefaults(spec.template.spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32;
  const labels = spec.template.metadata?.labels;
  if (labels && Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = { ...labels };
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
}

/** A Job selects its pods by its own uid, unless its writer wants to say how. */
function selectOwnPods({ metadata, spec }: Job): void {
  if (spec.manualSelector) return;
  const own = {
    [jobLabels.legacyJobName]: metadata.name,
    [jobLabels.jobName]: metadata.name,
    [jobLabels.legacyControllerUid]: metadata.uid,
    [jobLabels.controllerUid]: metadata.uid,
  };
  // What is there already is left for validation to refuse.
  spec.template.metadata = { ...spec.template.metadata, labels: { ...own, ...spec.template.metadata?.labels } };
  const matchLabels = { [jobLabels.controllerUid]: metadata.uid, ...spec.selector?.matchLabels };
  spec.selector = { ...spec.selector, matchLabels };
}

function hasCondition(job: Job, type: string): boolean {
  return job.status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function statusText(job: Job): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  const states = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'];
  return states.find((type) => hasCondition(job, type)) ?? 'Running';
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, now: Date): string {
  if (!status.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : now.getTime();
  return humanDuration(end - Date.parse(status.startTime));
}
