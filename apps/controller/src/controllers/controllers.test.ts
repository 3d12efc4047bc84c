import type { Deployment, Pod } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { createTestApi, deploymentBody, type TestApi } from '../api/testing/test-api.ts';
import { createEventRecorder } from '../events/event-recorder.ts';
import { startControllers } from './start-controllers.ts';
import { FakeHeartbeats } from './testing/test-rig.ts';

/** The controllers against the real API over a store in memory, with the clock in the test's hands. */
async function startCluster() {
  const api = await createTestApi();
  const { client, objects, clock } = api;
  const logger = { debug() {}, info() {}, warn() {}, error: fail, child: () => logger };
  const errors: object[] = [];
  function fail(fields: object): void {
    errors.push(fields);
  }
  const heartbeats = new FakeHeartbeats();
  const events = createEventRecorder({ client, informers: objects, clock, logger });
  const services = { client, informers: objects, events, heartbeats, clock, logger };
  const controllers = startControllers({ ...services, options: { clusterCa: 'PEM' } });
  return {
    api,
    errors,
    heartbeats,
    /** Lets time pass until the check holds; a minute of fake time at most. */
    async until(check: () => boolean | undefined): Promise<void> {
      for (let round = 0; round < 3_000; round += 1) {
        if (check()) return;
        clock.advance(20);
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`never came true: ${check.toString()}`);
    },
    async [Symbol.asyncDispose]() {
      await controllers.stop();
      await events.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

const podsOf = (api: TestApi): readonly Pod[] => api.objects.informer('pods').lister.list('default');
const deployment = (api: TestApi): Deployment | undefined =>
  api.objects.informer('deployments.apps').lister.get('default/web');
const images = (api: TestApi) => podsOf(api).map((pod) => pod.spec.containers[0]?.image);

/** Plays scheduler and agent: binds what waits and reports it ready. */
async function runPods(api: TestApi): Promise<void> {
  for (const pod of podsOf(api)) {
    const { name, uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) {
      const preconditions = { uid };
      await api.client.delete('pods', 'default', name, { gracePeriodSeconds: 0, preconditions });
    } else if (!pod.spec.nodeName) await api.client.bind('default', name, uid, 'n1');
    else if (pod.status.phase !== 'Running') {
      const at = new Date(api.clock.now()).toISOString();
      const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'True', lastTransitionTime: at }));
      const status = {
        ...pod.status,
        phase: 'Running',
        podIP: '10.244.0.9',
        podIPs: [{ ip: '10.244.0.9' }],
        conditions,
      };
      await api.client.updateStatus('pods', { ...pod, status });
    }
  }
}

describe('the controllers on the real API', () => {
  it('bring a Deployment up, roll it out, undo it and take it down', async () => {
    await using cluster = await startCluster();
    const { api, until } = cluster;
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'fine' }];
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      spec: {},
      status: { conditions },
    } as const;
    await api.client.create('nodes', node);
    const beat = setInterval(() => cluster.heartbeats.beat('n1', api.clock.now()), 1);
    const isComplete = (image: string) => {
      void runPods(api).catch(() => undefined);
      const { status, metadata } = deployment(api) ?? {};
      const isObserved = status?.observedGeneration === metadata?.generation;
      return isObserved && status?.availableReplicas === 3 && images(api).every((each) => each === image);
    };
    try {
      await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deploymentBody('web', 3) });
      await until(() => isComplete('nginx:1') && images(api).length === 3);
      const undo = structuredClone(deployment(api)?.spec.template);
      const url = '/apis/apps/v1/namespaces/default/deployments/web';
      const contentType = 'application/strategic-merge-patch+json';
      const containers = [{ name: 'c', image: 'nginx:2' }];
      await api.call('PATCH', url, { contentType, body: { spec: { template: { spec: { containers } } } } });
      await until(() => isComplete('nginx:2') && images(api).length === 3);
      expect(deployment(api)?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
      const operations = [{ op: 'replace', path: '/spec/template', value: undo }];
      await api.call('PATCH', url, { contentType: 'application/json-patch+json', body: operations });
      await until(() => isComplete('nginx:1') && images(api).length === 3);
      expect(deployment(api)?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
      expect(api.objects.informer('replicasets.apps').lister.list()).toHaveLength(2);
      await api.call('DELETE', url, { body: { propagationPolicy: 'Foreground' } });
      await until(() => {
        void runPods(api).catch(() => undefined);
        return !deployment(api) && podsOf(api).length === 0;
      });
      expect(api.objects.informer('replicasets.apps').lister.size).toBe(0);
    } finally {
      clearInterval(beat);
    }
    expect(cluster.errors).toEqual([]);
    const messages = api.objects
      .informer('events')
      .lister.list('default')
      .map(({ message }) => message);
    expect(messages.some((message) => /^Scaled up replica set web-\w+ from 0 to 3$/.test(message ?? ''))).toBe(true);
  });

  it('rest once everything is as it should be', async () => {
    await using cluster = await startCluster();
    const { api, until } = cluster;
    await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deploymentBody('web', 5) });
    await until(() => deployment(api)?.status.replicas === 5);
    await until(() => api.objects.informer('events').lister.size > 0);
    await until(() => api.objects.informer('endpoints').lister.get('kube-system/kube-dns') !== undefined);
    for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
    const { revision } = api.objects;
    for (let round = 0; round < 100; round += 1) {
      api.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(api.objects.revision).toBe(revision);
  });

  it('empty and remove a namespace, and give a new one what it needs', async () => {
    await using cluster = await startCluster();
    const { api, until } = cluster;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
    await api.call('POST', '/api/v1/namespaces', { body });
    const namespace = () => api.objects.informer('namespaces').lister.get('team');
    await until(() => Boolean(api.objects.informer('configmaps').lister.get('team/kube-root-ca.crt')));
    expect(api.objects.informer('serviceaccounts').lister.get('team/default')).toBeDefined();
    await api.call('POST', '/apis/apps/v1/namespaces/team/deployments', { body: deploymentBody('web', 2) });
    await until(() => api.objects.informer('pods').lister.list('team').length === 2);
    await api.call('DELETE', '/api/v1/namespaces/team');
    await until(() => !namespace());
    for (const resource of ['pods', 'replicasets.apps', 'deployments.apps', 'configmaps'] as const) {
      expect(api.objects.informer(resource).lister.list('team')).toEqual([]);
    }
    expect(cluster.errors).toEqual([]);
  });

  it('publish endpoints of a Service and drop those of a node that is lost', async () => {
    await using cluster = await startCluster();
    const { api, until, heartbeats } = cluster;
    for (const name of ['n1', 'n2']) {
      const conditions = [{ type: 'Ready', status: 'True' }];
      await api.client.create('nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name },
        spec: {},
        status: { conditions },
      });
    }
    const beat = (...names: string[]) => {
      for (const name of names) heartbeats.beat(name, api.clock.now());
    };
    const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec };
    await api.call('POST', '/api/v1/namespaces/default/services', { body: service });
    await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deploymentBody('web', 2) });
    const ready = () =>
      api.objects
        .informer('endpointslices.discovery.k8s.io')
        .lister.list('default')
        .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
        .flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready));
    await until(() => {
      beat('n1', 'n2');
      void runPods(api).catch(() => undefined);
      return ready().length === 2;
    });
    const before = podsOf(api).map(({ metadata }) => metadata.uid);
    await until(() => {
      beat('n2');
      return ready().length === 0;
    });
    await until(() => {
      beat('n2');
      return podsOf(api).length === 2 && podsOf(api).every(({ metadata }) => !before.includes(metadata.uid));
    });
    expect(cluster.errors).toEqual([]);
  });
});
