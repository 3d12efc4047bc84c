import type { LogStreamOptions } from '@gantry/api-types/protocol';
import { linkStreams } from '@gantry/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeStreams } from '../sessions/node-streams.ts';
import { createTestApi, deploymentBody, podBody, type TestApi } from './testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

describe('scale', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.call('POST', deployments, { body: deploymentBody('d', 2) });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('shows an autoscaling/v1 Scale with the selector as text', async () => {
    const { body } = await api.call<Any>('GET', `${deployments}/d/scale`);
    expect(body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'd', namespace: 'default' },
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=d' },
    });
    const deployment = await api.call<Any>('GET', `${deployments}/d`);
    expect(body.metadata.resourceVersion).toBe(deployment.body.metadata.resourceVersion);
  });

  it('scales by patch and by replacement', async () => {
    const patched = await api.call<Any>('PATCH', `${deployments}/d/scale`, {
      body: { spec: { replicas: 5 } },
      contentType: 'application/merge-patch+json',
    });
    expect([patched.code, patched.body.spec.replicas]).toEqual([200, 5]);
    const replaced = await api.call<Any>('PUT', `${deployments}/d/scale`, {
      body: { ...patched.body, spec: { replicas: 3 } },
    });
    expect([replaced.code, replaced.body.spec.replicas]).toEqual([200, 3]);
    const { body } = await api.call<Any>('GET', `${deployments}/d`);
    expect([body.spec.replicas, body.metadata.generation]).toEqual([3, 3]);
  });

  it('refuses outdated versions and negative counts', async () => {
    const stale = await api.call<Any>('PUT', `${deployments}/d/scale`, {
      body: {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name: 'd', resourceVersion: '1' },
        spec: { replicas: 1 },
      },
    });
    expect([stale.code, stale.body.reason]).toEqual([409, 'Conflict']);
    const negative = await api.call<Any>('PATCH', `${deployments}/d/scale`, {
      body: { spec: { replicas: -1 } },
      contentType: 'application/merge-patch+json',
    });
    expect(negative.code).toBe(422);
    expect(negative.body.message).toContain('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
  });
});

describe('binding', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const binding = (name: string, node: string) => ({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });

  it('assigns a pod to a node and says so in its conditions', async () => {
    await api.call('POST', pods, { body: podBody('a') });
    const { code, body } = await api.call('POST', `${pods}/a/binding`, { body: binding('a', 'node-1') });
    expect(code).toBe(201);
    expect(body).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
    const pod = await api.client.get('pods', 'default', 'a');
    expect(pod.spec.nodeName).toBe('node-1');
    expect(pod.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-11-21T12:00:00Z' }),
    );
  });

  it('binds once', async () => {
    const { code, body } = await api.call('POST', `${pods}/a/binding`, { body: binding('a', 'node-2') });
    expect(code).toBe(409);
    expect(body).toMatchObject({
      reason: 'Conflict',
      message: 'Operation cannot be fulfilled on pods "a": pod a is already assigned to node "node-1"',
    });
  });

  it('binds by the older path too', async () => {
    await api.call('POST', pods, { body: podBody('b') });
    const { code } = await api.call('POST', '/api/v1/namespaces/default/bindings', { body: binding('b', 'node-1') });
    expect(code).toBe(201);
    expect((await api.client.get('pods', 'default', 'b')).spec.nodeName).toBe('node-1');
  });

  it('refuses a binding that names no node, another pod or another uid', async () => {
    await api.call('POST', pods, { body: podBody('c') });
    expect((await api.call('POST', `${pods}/c/binding`, { body: binding('c', '') })).code).toBe(422);
    expect((await api.call('POST', `${pods}/c/binding`, { body: binding('d', 'n') })).code).toBe(400);
    expect((await api.call('POST', `${pods}/absent/binding`, { body: binding('absent', 'n') })).code).toBe(404);
    await expect(api.client.bind('default', 'c', 'other-uid', 'n')).rejects.toMatchObject({ reason: 'Conflict' });
  });

  it('lets one of many binders win', async () => {
    await api.call('POST', pods, { body: podBody('raced') });
    const { metadata } = await api.client.get('pods', 'default', 'raced');
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => api.client.bind('default', 'raced', metadata.uid, `node-${i}`)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('eviction', () => {
  it('marks the pod as disrupted and deletes it gracefully', async () => {
    await using api = await createTestApi();
    await api.call('POST', pods, { body: podBody('a', { spec: { nodeName: 'n1' } }) });
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a', namespace: 'default' } };
    const answer = await api.call('POST', `${pods}/a/eviction`, { body });
    expect(answer.code).toBe(201);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Success' });
    const pod = await api.client.get('pods', 'default', 'a');
    expect(pod.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(pod.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }),
    );
    expect(
      (await api.call('POST', `${pods}/absent/eviction`, { body: { ...body, metadata: { name: 'absent' } } })).code,
    ).toBe(404);
  });

  it('honours grace period and preconditions', async () => {
    await using api = await createTestApi();
    await api.call('POST', pods, { body: podBody('a', { spec: { nodeName: 'n1' } }) });
    const eviction = (deleteOptions: object) => ({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'a' },
      deleteOptions,
    });
    const wrong = await api.call('POST', `${pods}/a/eviction`, { body: eviction({ preconditions: { uid: 'x' } }) });
    expect(wrong.code).toBe(409);
    expect((await api.client.get('pods', 'default', 'a')).status.conditions ?? []).toEqual([]);
    expect((await api.call('POST', `${pods}/a/eviction`, { body: eviction({ gracePeriodSeconds: 0 }) })).code).toBe(
      201,
    );
    expect((await api.call('GET', `${pods}/a`)).code).toBe(404);
  });
});

describe('logs', () => {
  const asked: { node: string; options: LogStreamOptions }[] = [];
  const { opener } = linkStreams(async (_request, stream) => {
    stream.channel(1).write('one\n');
    stream.channel(1).write('two\n');
  });
  const nodeStreams: NodeStreams = {
    openStream: (node, request, signal) => {
      if (request.kind === 'logs') asked.push({ node, options: request.options });
      return opener.open(request, signal);
    },
  };
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ nodeStreams });
    const two = {
      nodeName: 'n1',
      containers: [
        { name: 'x', image: 'i:1' },
        { name: 'y', image: 'i:1' },
      ],
    };
    await api.call('POST', pods, { body: podBody('one', { spec: { nodeName: 'n1' } }) });
    await api.call('POST', pods, { body: podBody('two', { spec: two }) });
    await api.call('POST', pods, { body: podBody('nowhere') });
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const setStatus = async (containerStatus: object) => {
    const pod = await api.client.get('pods', 'default', 'one');
    const status = { name: 'c', ready: false, restartCount: 0, image: 'nginx:1', imageID: '', ...containerStatus };
    await api.client.updateStatus('pods', { ...pod, status: { ...pod.status, containerStatuses: [status] } });
  };
  const refusal = async (path: string) => {
    const { code, body } = await api.call<Any>('GET', `${pods}/${path}`);
    return [code, body.message];
  };

  it('streams the container log as plain text', async () => {
    await setStatus({ state: { running: { startedAt: '2026-11-21T12:00:00Z' } } });
    const { code, text, headers } = await api.call(
      'GET',
      `${pods}/one/log?follow=true&tailLines=5&timestamps=true&sinceSeconds=60&limitBytes=100`,
    );
    expect([code, text, headers['content-type']]).toEqual([200, 'one\ntwo\n', 'text/plain']);
    expect(asked.at(-1)).toMatchObject({
      node: 'n1',
      options: {
        container: 'c',
        follow: true,
        previous: false,
        timestamps: true,
        tailLines: 5,
        sinceSeconds: 60,
        limitBytes: 100,
      },
    });
  });

  it('says why there is no log yet', async () => {
    await setStatus({ state: { waiting: { reason: 'ContainerCreating' } } });
    expect(await refusal('one/log')).toEqual([
      400,
      'container "c" in pod "one" is waiting to start: ContainerCreating',
    ]);
    await setStatus({ state: { waiting: { reason: 'ImagePullBackOff' } } });
    expect(await refusal('one/log')).toEqual([
      400,
      'container "c" in pod "one" is waiting to start: trying and failing to pull image',
    ]);
    expect(await refusal('one/log?previous=true')).toEqual([
      400,
      'previous terminated container "c" in pod "one" not found',
    ]);
    expect(await refusal('nowhere/log')).toEqual([400, 'pod nowhere does not have a host assigned']);
  });

  it('wants to know which container', async () => {
    expect(await refusal('two/log')).toEqual([
      400,
      'a container name must be specified for pod two, choose one of: [x y]',
    ]);
    expect(await refusal('two/log?container=z')).toEqual([400, 'container z is not valid for pod two']);
    expect((await refusal('absent/log'))[0]).toBe(404);
  });

  it.each(['tailLines=-1', 'limitBytes=0', 'sinceSeconds=0', 'sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z'])(
    'refuses %s',
    async (query) => {
      expect((await refusal(`one/log?${query}`))[0]).toBe(422);
    },
  );
});

describe('subresources that are not there', () => {
  it('answers 404 or 405', async () => {
    await using api = await createTestApi();
    expect((await api.call('GET', `${pods}/x/nothing`)).code).toBe(404);
    expect((await api.call('DELETE', `${pods}/x/status`)).code).toBe(405);
    expect((await api.call('POST', `${pods}/x/log`, { body: {} })).code).toBe(405);
    expect((await api.call('GET', `${deployments}/x/scale/y`)).code).toBe(404);
  });
});

describe('parts of a pod', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    const container = { name: 'c', image: 'a:1', resources: { requests: { cpu: '100m' } } };
    await api.call('POST', pods, { body: podBody('p', { spec: { containers: [container] } }) });
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const patch = (subresource: string, spec: object) =>
    api.call<Any>('PATCH', `${pods}/p${subresource}`, {
      body: { spec },
      contentType: 'application/strategic-merge-patch+json',
    });

  it('are added by kubectl debug', async () => {
    const { code, body } = await patch('/ephemeralcontainers', {
      ephemeralContainers: [{ name: 'debugger', image: 'busybox', targetContainerName: 'c', stdin: true }],
    });
    expect([code, body.metadata.generation]).toEqual([200, 2]);
    expect(body.spec.ephemeralContainers).toMatchObject([{ name: 'debugger', imagePullPolicy: 'Always' }]);
    const got = await api.call<Any>('GET', `${pods}/p/ephemeralcontainers`);
    expect(got.body.spec.ephemeralContainers).toHaveLength(1);
    expect((await patch('', { ephemeralContainers: [{ name: 'two', image: 'b' }] })).code).toBe(422);
  });

  it('are resized, by the subresource and by the pod itself', async () => {
    const resources = (cpu: string) => ({ containers: [{ name: 'c', resources: { requests: { cpu } } }] });
    const resized = await patch('/resize', resources('200m'));
    expect([resized.code, resized.body.metadata.generation]).toEqual([200, 3]);
    expect(resized.body.spec.containers[0].resources).toEqual({ requests: { cpu: '200m' } });
    expect((await patch('', resources('300m'))).body.metadata.generation).toBe(4);
    const refused = await patch('/resize', { containers: [{ name: 'c', resources: { requests: { cpu: null } } }] });
    expect([refused.code, refused.body.message]).toEqual([
      422,
      'Pod "p" is invalid: [spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed, spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing]',
    ]);
  });
});
