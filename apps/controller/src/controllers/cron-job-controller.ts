import {
  type CronJob,
  isApiError,
  type Job,
  keyOf,
  type NewObject,
  type ObjectKey,
  objectKey,
} from '@gantry/api-types';
import type { Informer, InformerEvent, RecordedEvent } from '@gantry/core';
import { type CronJobPlan, planCronJob, withActive } from '@gantry/core/reconcile/cron-job';
import { controllerOf } from '@gantry/core/reconcile/owner-references';
import {
  type ControllerDefinition,
  type ControllerServices,
  isNamespaceTerminating,
  type KeyQueue,
  type ReconcileResult,
} from './controller.ts';
import { messageOf } from './pod-control.ts';

const component = 'cronjob-controller';

/** Starts Jobs on schedule. */
export class CronJobController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #cronJobs: Informer<CronJob>;
  readonly #jobs: Informer<Job>;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#cronJobs = services.informers.informer('cronjobs.batch');
    this.#jobs = services.informers.informer('jobs.batch');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#cronJobs.onEvent(({ object }) => queue.add(keyOf(object))),
      this.#jobs.onEvent((event: InformerEvent<Job>) => {
        const owner = controllerOf(event.object);
        if (owner?.kind === 'CronJob') queue.add(objectKey(event.object.metadata.namespace, owner.name));
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const cronJob = this.#cronJobs.lister.get(key);
    if (!cronJob) return undefined;
    const jobs = this.#jobs.lister.listByOwner(cronJob.metadata.uid);
    const plan = planCronJob({ cronJob, jobs, nowMs: this.#services.clock.now() });
    for (const event of plan.events) this.#services.events.record(cronJob, event);
    for (const job of plan.deleteJobs) await this.#deleteJob(cronJob, job);
    // A job that cannot be made is tried again, with back-off, as long as its time is not over.
    const current = plan.isStatusChanged
      ? await this.#services.client.updateStatus('cronjobs.batch', { ...cronJob, status: plan.status })
      : cronJob;
    if (plan.createJob && plan.scheduleTime) await this.#start(current, plan.createJob, plan.scheduleTime, plan);
    return { requeueAfterMs: plan.recheckAfterMs };
  }

  async #start(cronJob: CronJob, job: NewObject<Job>, scheduleTime: string, { status }: CronJobPlan): Promise<void> {
    const created = await this.#create(cronJob, job);
    if (!created) return;
    const replaced = { ...cronJob, status: withActive(status, created, scheduleTime) };
    await this.#services.client.updateStatus('cronjobs.batch', replaced);
  }

  async #create(cronJob: CronJob, job: NewObject<Job>): Promise<Job | undefined> {
    const { client } = this.#services;
    try {
      const created = await client.create('jobs.batch', job);
      this.#record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (isApiError(error, 'AlreadyExists')) {
        const found = await client.get('jobs.batch', job.metadata.namespace, job.metadata.name ?? '');
        if (controllerOf(found)?.uid === cronJob.metadata.uid) return found;
      }
      this.#record(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
  }

  async #deleteJob(cronJob: CronJob, { metadata }: Job): Promise<void> {
    const { namespace, name, uid } = metadata;
    const options = { propagationPolicy: 'Background', preconditions: { uid } } as const;
    try {
      await this.#services.client.delete('jobs.batch', namespace, name, options);
      this.#record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    } catch (error) {
      // Gone already is what was wanted.
      if (isApiError(error, 'NotFound')) return;
      this.#record(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      throw error;
    }
  }

  #record(about: CronJob, type: RecordedEvent['type'], reason: string, message: string): void {
    this.#services.events.record(about, { type, reason, message, component });
  }
}
