import { describe, expect, it } from 'vitest';
import type { CronJob, Job } from '../generated/types.ts';
import { makeCronJob, makeJob } from '../testing/index.ts';
import { cronJobKind } from './cron-job.ts';
import { jobKind } from './job.ts';

function sentJob(spec: object = {}, template: object = {}): Job {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pi', namespace: 'default', uid: 'u1' },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'a:1' }], ...template } },
      ...spec,
    },
  } as unknown as Job;
  jobKind.setDefaults(job);
  jobKind.prepareForCreate(job);
  return job;
}

const textsOf = (job: Job): string[] => jobKind.validate(job).map((error) => `${error.field}: ${error.message}`);

describe('a Job', () => {
  it('is given a selector of its own and the defaults Kubernetes shows', () => {
    const { template, ...spec } = sentJob().spec;
    expect(spec).toEqual({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } },
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
    expect(template.metadata?.labels).toEqual({
      'job-name': 'pi',
      'batch.kubernetes.io/job-name': 'pi',
      'controller-uid': 'u1',
      'batch.kubernetes.io/controller-uid': 'u1',
    });
  });

  it('leaves completions open where only parallelism is given, and counts no failures where indexes do', () => {
    expect(sentJob({ parallelism: 3 }).spec.completions).toBeUndefined();
    const indexed = sentJob({ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 });
    expect(indexed.spec.backoffLimit).toBe(2_147_483_647);
    expect(textsOf(indexed)).toEqual([]);
  });

  it('keeps a selector that its writer insists on', () => {
    const selector = { matchLabels: { app: 'pi' } };
    const job = sentJob({ manualSelector: true, selector });
    expect(job.spec.selector).toEqual(selector);
    expect(job.spec.template.metadata).toBeUndefined();
  });

  it.each<[object, object, string[]]>([
    [
      {},
      { restartPolicy: undefined },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [{ backoffLimit: -1 }, {}, ['spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0']],
    [
      { completionMode: 'Indexed', parallelism: 1 },
      {},
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      { backoffLimitPerIndex: 1 },
      {},
      ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
    ],
    [
      { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } }] } },
      { restartPolicy: 'OnFailure' },
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    [
      { selector: { matchLabels: { app: 'x' } } },
      {},
      [
        'spec.template.metadata.labels: Invalid value: {"job-name":"pi","batch.kubernetes.io/job-name":"pi","controller-uid":"u1","batch.kubernetes.io/controller-uid":"u1"}: `selector` does not match template `labels`',
      ],
    ],
  ])('may not have %o with %o', (spec, template, texts) => {
    expect(textsOf(sentJob(spec, template))).toEqual(texts);
  });

  it('keeps its template and completions', () => {
    const previous = makeJob({ name: 'pi' });
    const next = makeJob({ name: 'pi', image: 'other:2', spec: { completions: 3 } });
    expect(jobKind.validateUpdate(next, previous)).toMatchObject([
      { field: 'spec.completions', message: 'Invalid value: 3: field is immutable' },
      { field: 'spec.template', reason: 'FieldValueInvalid' },
    ]);
    expect(jobKind.validateUpdate(makeJob({ name: 'pi', spec: { parallelism: 5, suspend: true } }), previous)).toEqual(
      [],
    );
  });

  it('may be told where its pods go before it first runs', () => {
    const previous = makeJob({ name: 'pi', spec: { suspend: true } });
    const next = makeJob({ name: 'pi', spec: { suspend: false }, template: { nodeSelector: { disk: 'ssd' } } });
    expect(jobKind.validateUpdate(next, previous)).toEqual([]);
    const started = { ...previous, status: { startTime: '2026-01-01T00:00:00Z' } };
    expect(jobKind.validateUpdate(next, started)).toMatchObject([{ field: 'spec.template' }]);
  });

  it('of indexes grows with its parallelism', () => {
    const spec = { completionMode: 'Indexed', completions: 2, parallelism: 2 };
    const previous = makeJob({ name: 'pi', spec });
    expect(
      jobKind.validateUpdate(makeJob({ name: 'pi', spec: { ...spec, completions: 4, parallelism: 4 } }), previous),
    ).toEqual([]);
    expect(jobKind.validateUpdate(makeJob({ name: 'pi', spec: { ...spec, completions: 4 } }), previous)).toHaveLength(
      1,
    );
  });

  it.each<[Job['status'], Partial<Job['spec']>, unknown[]]>([
    [{ startTime: '2026-01-01T00:00:00Z' }, {}, ['Running', '0/1', '60s']],
    [{}, { completions: undefined as never, parallelism: 3 }, ['Running', '0/1 of 3', '']],
    [
      {
        succeeded: 1,
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:00:07Z',
        conditions: [{ type: 'Complete', status: 'True' }],
      },
      {},
      ['Complete', '1/1', '7s'],
    ],
    [{ conditions: [{ type: 'Suspended', status: 'True' }] }, {}, ['Suspended', '0/1', '']],
  ])('with status %o is printed as such', (status, spec, cells) => {
    const job = makeJob({ name: 'pi', status, spec });
    const all = jobKind.columns.map((column) => column.value(job, new Date('2026-01-01T00:01:00Z')));
    expect(all.slice(1, 4)).toEqual(cells);
  });
});

describe('a CronJob', () => {
  const cronTexts = (cronJob: CronJob): string[] => {
    cronJobKind.setDefaults(cronJob);
    return cronJobKind.validate(cronJob).map((error) => `${error.field}: ${error.message}`);
  };

  it.each(['* * * * *', '*/5 0-6,22 1 jan mon-fri', '0 0 ? * 0', '@hourly', '@every 1h30m', '10-50/20 * * * *'])(
    'may run at %s',
    (schedule) => {
      expect(cronTexts(makeCronJob({ schedule }))).toEqual([]);
    },
  );

  it.each([
    ['', 'spec.schedule: Required value'],
    ['* * *', 'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
    ['60 * * * *', 'spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'spec.schedule: Invalid value: "* * 0 * *": beginning of range (0) below minimum (1): 0'],
    ['* * * * often', 'spec.schedule: Invalid value: "* * * * often": failed to parse int from often'],
    ['*/0 * * * *', 'spec.schedule: Invalid value: "*/0 * * * *": step of range should be a positive number: */0'],
    ['@never', 'spec.schedule: Invalid value: "@never": unrecognized descriptor: @never'],
    [
      'TZ=UTC * * * * *',
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
  ])('may not run at %j', (schedule, text) => {
    expect(cronTexts(makeCronJob({ schedule }))).toEqual([text]);
  });

  it('has a zone that exists, a short name and a known policy', () => {
    expect(cronTexts(makeCronJob({ spec: { timeZone: 'Europe/Berlin' } }))).toEqual([]);
    expect(cronTexts(makeCronJob({ spec: { timeZone: 'Mars/Base' } }))).toEqual([
      'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
    ]);
    expect(cronTexts(makeCronJob({ name: 'x'.repeat(53) }))).toHaveLength(1);
    expect(cronTexts(makeCronJob({ spec: { concurrencyPolicy: 'Some' } }))).toEqual([
      'spec.concurrencyPolicy: Unsupported value: "Some": supported values: "Allow", "Forbid", "Replace"',
    ]);
  });

  it('is printed with its schedule and last run', () => {
    const cronJob = makeCronJob({ name: 'tick', status: { lastScheduleTime: '2026-01-01T00:00:30Z' } });
    const cells = cronJobKind.columns.map((column) => column.value(cronJob, new Date('2026-01-01T00:01:00Z')));
    expect(cells).toEqual(['tick', '* * * * *', '<none>', 'False', 0, '30s', '60s', 'main', 'example/app:1', '<none>']);
  });
});
