import { describe, expect, it } from 'vitest';
import { type AccessQuestion, createAccessReview } from './access.ts';
import { apiUrl } from './paths.ts';
import { readRefusal } from './refusal.ts';

describe('paths', () => {
  it('name objects, lists and subresources of both roots', () => {
    expect(apiUrl({ apiVersion: 'v1', resource: 'nodes' })).toBe('/k8s/api/v1/nodes');
    const deployment = { apiVersion: 'apps/v1', resource: 'deployments', namespace: 'shop', name: 'web' };
    expect(apiUrl(deployment, { dryRun: 'All', fieldValidation: undefined })).toBe(
      '/k8s/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All',
    );
    const exec = { apiVersion: 'v1', resource: 'pods', namespace: 'shop', name: 'a/b', subresource: 'exec' };
    expect(apiUrl(exec, { command: ['sh', '-c'], tty: true })).toBe(
      '/k8s/api/v1/namespaces/shop/pods/a%2Fb/exec?command=sh&command=-c&tty=true',
    );
  });
});

describe('refusals', () => {
  it('carry what the Status says, field by field', async () => {
    const causes = [{ field: 'spec.replicas', reason: 'FieldValueInvalid', message: 'must not be negative' }];
    const status = { kind: 'Status', code: 422, reason: 'Invalid', message: 'web is invalid', details: { causes } };
    const refusal = await readRefusal(new Response(JSON.stringify(status), { status: 422 }));
    expect(refusal).toMatchObject({ code: 422, reason: 'Invalid', message: 'web is invalid', causes });
  });

  it('say what there is to say without a Status', async () => {
    const refusal = await readRefusal(new Response('bad gateway', { status: 502 }));
    expect(refusal).toMatchObject({ code: 502, message: 'the controller answered 502: bad gateway' });
  });
});

describe('access', () => {
  const question: AccessQuestion = { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'default' };

  it('is asked once a question', async () => {
    const asked: AccessQuestion[] = [];
    const review = createAccessReview(async (one) => {
      asked.push(one);
      return { isAllowed: one.verb === 'create' };
    });
    const answers = await Promise.all([
      review(question),
      review({ ...question }),
      review({ ...question, verb: 'get' }),
    ]);
    expect(answers.map(({ isAllowed }) => isAllowed)).toEqual([true, true, false]);
    expect(asked).toHaveLength(2);
  });

  it('is asked again where there was no answer', async () => {
    let attempts = 0;
    const review = createAccessReview(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('no answer');
      return { isAllowed: true };
    });
    await expect(review(question)).rejects.toThrow('no answer');
    expect(await review(question)).toEqual({ isAllowed: true });
  });
});
