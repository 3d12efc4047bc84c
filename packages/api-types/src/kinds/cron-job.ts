import type { FieldError } from '../errors.ts';
import type { CronJob } from '../generated/types.ts';
import { ageOf } from '../human-duration.ts';
import type { KindDefinition } from '../kind.ts';
import { cronScheduleProblem, timeZoneProblem } from '../lib/cron-schedule.ts';
import { validateNonNegative } from '../validation/common.ts';
import { invalidValue, required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateTemplateMeta } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, countColumn, nameColumn, statusHooks, statusSubresource, textColumn } from './define.ts';
import { validateConcurrencyPolicy, validateJobTemplate } from './job-validation.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { containersOf } from './workload-columns.ts';

const path = FieldPath.of('spec');
/** The controller adds a dash and ten digits to make the names of Jobs, which have at most 63 characters. */
const maxNameLength = 52;

export const cronJobKind: KindDefinition<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('batch', 'v1', 'CronJob')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(cronJob) {
    // Whatever a client left out must reach validation, which says so in Kubernetes' words.
    cronJob.spec ??= {} as CronJob['spec'];
    cronJob.status ??= {};
    const { spec } = cronJob;
    spec.jobTemplate ??= {} as CronJob['spec']['jobTemplate'];
    spec.jobTemplate.spec ??= {} as CronJob['spec']['jobTemplate']['spec'];
    const job = spec.jobTemplate.spec;
    job.template ??= { spec: { containers: [] } };
    job.template.spec ??= { containers: [] };
    setPodSpecDefaults(job.template.spec);
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
  },
  ...statusHooks<CronJob>(() => ({})),
  validate: validateCronJob,
  validateUpdate: () => [],
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Schedule', 'When Jobs are made, as cron writes it.', ({ spec }) => spec.schedule ?? ''),
    textColumn('Timezone', 'Where the schedule is meant.', ({ spec }) => spec.timeZone ?? '<none>'),
    textColumn('Suspend', 'Whether it makes no Jobs for now.', ({ spec }) => (spec.suspend ? 'True' : 'False')),
    countColumn('Active', 'How many of its Jobs are running.', ({ status }) => status.active?.length ?? 0),
    textColumn('Last Schedule', 'How long ago the last Job was made.', ({ status }, now) =>
      status.lastScheduleTime ? ageOf(status.lastScheduleTime, now) : '<none>',
    ),
    ageColumn,
    textColumn('Containers', 'The names of the containers in the template.', (it) => textOf(it, 'name'), 1),
    textColumn('Images', 'The images of the containers in the template.', (it) => textOf(it, 'image'), 1),
    textColumn('Selector', 'The labels of the pods that belong to it.', () => '<none>', 1),
  ],
};

function textOf({ spec }: CronJob, field: 'name' | 'image'): string {
  return containersOf(spec.jobTemplate.spec.template, field);
}

function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const errors: FieldError[] = [];
  if ((metadata.name?.length ?? 0) > maxNameLength) {
    const text = `must be no more than ${maxNameLength} characters`;
    errors.push(invalidValue(FieldPath.of('metadata').child('name'), metadata.name, text));
  }
  const schedulePath = path.child('schedule');
  if (!spec.schedule) errors.push(required(schedulePath));
  else {
    const problem = cronScheduleProblem(spec.schedule);
    if (problem) errors.push(invalidValue(schedulePath, spec.schedule, problem));
  }
  if (spec.timeZone !== undefined) {
    const problem = timeZoneProblem(spec.timeZone);
    if (problem) errors.push(invalidValue(path.child('timeZone'), spec.timeZone, problem));
  }
  for (const field of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const) {
    validateNonNegative(spec[field], path.child(field), errors);
  }
  validateConcurrencyPolicy(spec.concurrencyPolicy, path.child('concurrencyPolicy'), errors);
  const templatePath = path.child('jobTemplate');
  validateTemplateMeta(spec.jobTemplate.metadata, templatePath.child('metadata'), errors);
  validateJobTemplate(spec.jobTemplate.spec, templatePath.child('spec'), errors);
  return errors;
}
