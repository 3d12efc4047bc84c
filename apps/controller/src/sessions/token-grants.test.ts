import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundPod, createTestSessions, type TestAgent, type TestSessions } from './testing/test-sessions.ts';

let test: TestSessions;
let agent: TestAgent;
beforeEach(async () => {
  test = await createTestSessions();
  const metadata = { name: 'default', namespace: 'default' };
  await test.api.client.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  agent = await test.join('node-1');
});
afterEach(() => test[Symbol.asyncDispose]());

async function podOn(nodeName: string) {
  const { metadata } = await test.api.client.create('pods', boundPod(`on-${nodeName}`, { node: nodeName }));
  return { namespace: 'default', name: metadata.name, uid: metadata.uid };
}

it('gives an agent tokens for the pods of its node', async () => {
  const pod = await podOn('node-1');
  agent.send({ type: 'requestToken', requestId: 7, pod, audiences: [], expirationSeconds: 3600 });
  const answer = await agent.received('token');
  expect(answer).toMatchObject({ requestId: 7, expirationTimestamp: '2026-11-21T13:00:00Z' });
  const who = await test.api.call<{ status: { userInfo: { username: string } } }>(
    'POST',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { body: {}, token: answer.token },
  );
  expect(who.body.status.userInfo.username).toBe('system:serviceaccount:default:default');
});

it('gives none for the pods of other nodes, nor for pods that are gone', async () => {
  const elsewhere = await podOn('node-2');
  const gone = { ...(await podOn('node-1')), uid: 'earlier' };
  const ask = (requestId: number, pod: typeof gone): void =>
    agent.send({ type: 'requestToken', requestId, pod, audiences: [], expirationSeconds: 3600 });
  ask(1, elsewhere);
  expect(await agent.received('tokenRefused')).toMatchObject({ requestId: 1, reason: 'Forbidden' });
  agent.frames.length = 0;
  ask(2, gone);
  expect(await agent.received('tokenRefused')).toMatchObject({ requestId: 2, reason: 'Forbidden' });
});
