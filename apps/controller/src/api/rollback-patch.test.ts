import type { StatefulSet } from '@gantry/api-types';
import { makeStatefulSet } from '@gantry/api-types/testing';
import { planRevision } from '@gantry/core/reconcile/controller-revisions';
import { expect, it } from 'vitest';
import { createTestApi } from './testing/test-api.ts';

const url = '/apis/apps/v1/namespaces/default/statefulsets';

it.each(['', '?fieldValidation=Strict'])(
  'takes a ControllerRevision as the patch that brings its template back%s',
  async (query) => {
    await using api = await createTestApi();
    const draft = makeStatefulSet({ name: 'db', image: 'db:1' });
    const { name } = draft.metadata;
    const { status: _, ...rest } = draft;
    const made = await api.call<StatefulSet>('POST', url, { body: { ...rest, metadata: { name } } });
    expect(made.code).toBe(201);
    const { step } = planRevision(made.body, [], () => ({}));
    const kept = step.type === 'create' ? step.revision.data : undefined;
    const path = `${url}/${name}`;
    const template = {
      metadata: { annotations: { note: 'new' } },
      spec: { containers: [{ name: 'main', image: 'db:2' }] },
    };
    const type = 'application/strategic-merge-patch+json';
    const changed = await api.call<StatefulSet>('PATCH', path, { body: { spec: { template } }, contentType: type });
    expect(changed.body.spec.template.metadata?.annotations).toEqual({ note: 'new' });
    const undone = await api.call<StatefulSet>('PATCH', path + query, { body: kept as object, contentType: type });
    expect(undone.code).toBe(200);
    expect(undone.body.spec.template).toEqual(made.body.spec.template);
  },
);
