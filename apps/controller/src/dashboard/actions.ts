import { ApiError, type CordonAction, type DeletePodAction, type FeedRole, type ScaleAction } from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const name = { type: 'string', minLength: 1, maxLength: 253 } as const;

const scaleBody = {
  type: 'object',
  required: ['kind', 'namespace', 'name', 'replicas'],
  properties: {
    kind: { enum: ['Deployment', 'ReplicaSet'] },
    namespace: name,
    name,
    replicas: { type: 'integer', minimum: 0, maximum: 1_000_000 },
  },
} as const;

const cordonBody = {
  type: 'object',
  required: ['node', 'unschedulable'],
  properties: { node: name, unschedulable: { type: 'boolean' } },
} as const;

const deletePodBody = {
  type: 'object',
  required: ['namespace', 'name', 'uid'],
  properties: { namespace: name, name, uid: name },
} as const;

/** The dashboard's writes: each is one call of the Kubernetes API, refused with 403 for a read-only session. */
export function registerActions(
  app: FastifyInstance,
  client: ApiClient,
  roleOf: (request: FastifyRequest) => FeedRole | undefined,
): void {
  const demandAdmin = (request: FastifyRequest): void => {
    if (roleOf(request) !== 'admin') throw new ApiError('Forbidden', 'this dashboard session is read-only');
  };
  app.post<{ Body: ScaleAction }>('/api/scale', { schema: { body: scaleBody } }, async (request) => {
    demandAdmin(request);
    const { kind, namespace, name: target, replicas } = request.body;
    const resource = kind === 'Deployment' ? 'deployments.apps' : 'replicasets.apps';
    await client.mergePatch(resource, namespace, target, { spec: { replicas } });
    return {};
  });
  app.post<{ Body: CordonAction }>('/api/cordon', { schema: { body: cordonBody } }, async (request) => {
    demandAdmin(request);
    const { node, unschedulable } = request.body;
    // As kubectl uncordon: the field goes away and is not set to false.
    await client.mergePatch('nodes', undefined, node, { spec: { unschedulable: unschedulable || null } });
    return {};
  });
  app.post<{ Body: DeletePodAction }>('/api/delete-pod', { schema: { body: deletePodBody } }, async (request) => {
    demandAdmin(request);
    const { namespace, name: target, uid } = request.body;
    await client.delete('pods', namespace, target, { preconditions: { uid } });
    return {};
  });
}
