import {
  ApiError,
  gantryApiVersion,
  type NodeInspection,
  type NodeInspectionReport,
  objectKey,
  type PodInspection,
  type PodInspectionReport,
} from '@gantry/api-types';
import { type StreamRequest, streamChannels } from '@gantry/api-types/protocol';
import { startPhases } from '@gantry/core/pod/start-phases';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { DiscoveredResource } from '../api/discovery.ts';
import { notFound } from '../api/failures.ts';
import type { HttpContext } from '../api/http/http-context.ts';
import { sendJson } from '../api/http/respond.ts';
import { findPod, findPodTarget, requireNodeStreams } from '../api/subresources/pod-streams.ts';
import { type AccessAttributes, authorize, forbiddenMessage } from '../auth/authorize.ts';
import { readAnswer } from '../transfers/transfer-routes.ts';
import { nodeInspections, podInspections } from './inspection-resources.ts';

/** The agent gives up before that. */
const answerLimitMs = 28_000;

type PodParams = { Params: { namespace: string; name: string } };
type NodeParams = { Params: { name: string } };

/** `GET /apis/gantry.io/v1/…`: inspections, for whoever may read the resource. Nothing is stored. */
export function registerInspectionRoutes(app: FastifyInstance, http: HttpContext): void {
  const root = `/apis/${gantryApiVersion}`;
  app.get<PodParams>(`${root}/namespaces/:namespace/podinspections/:name`, async (request, reply) => {
    const { namespace, name } = request.params;
    checkRead(request, podInspections, { namespace, name });
    return sendJson(reply, await inspectPod(http, reply, namespace, name));
  });
  app.get<NodeParams>(`${root}/nodeinspections/:name`, async (request, reply) => {
    const { name } = request.params;
    checkRead(request, nodeInspections, { name });
    return sendJson(reply, await inspectNode(http, reply, name));
  });
}

async function inspectPod(
  http: HttpContext,
  reply: FastifyReply,
  namespace: string,
  name: string,
): Promise<PodInspection> {
  const container = findPod(http.api, namespace, name).spec.containers[0]?.name;
  const { nodeName, pod } = findPodTarget(http.api, { namespace, name, container });
  const report = await ask<PodInspectionReport>(http, reply, nodeName, { kind: 'inspectPod', pod });
  return {
    apiVersion: gantryApiVersion,
    kind: 'PodInspection',
    metadata: { name, namespace, uid: pod.uid },
    nodeName,
    ...report,
    // Read again: the pod may have become ready meanwhile.
    phases: startPhases(findPod(http.api, namespace, name), report.phases),
  };
}

async function inspectNode(http: HttpContext, reply: FastifyReply, name: string): Promise<NodeInspection> {
  if (!http.api.objects.get('nodes', objectKey(undefined, name))) {
    throw notFound(http.api.registry.byResource('nodes'), name);
  }
  const report = await ask<NodeInspectionReport>(http, reply, name, { kind: 'inspectNode' });
  return { apiVersion: gantryApiVersion, kind: 'NodeInspection', metadata: { name }, ...report };
}

/** One question to the node's agent; given up where the client goes. */
async function ask<T>(http: HttpContext, reply: FastifyReply, nodeName: string, request: StreamRequest): Promise<T> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const late = AbortSignal.timeout(answerLimitMs);
  try {
    const signal = AbortSignal.any([gone.signal, http.closing, late]);
    const stream = await requireNodeStreams(http.api).openStream(nodeName, request, signal);
    stream.channel(streamChannels.data).end();
    return await readAnswer<T>(stream);
  } catch (error) {
    if (!late.aborted) throw error;
    const message = `the agent of node ${nodeName} gave no answer within ${answerLimitMs / 1000} s: see its log`;
    throw new ApiError('ServiceUnavailable', message);
  }
}

function checkRead(
  { user }: FastifyRequest,
  { group, plural }: DiscoveredResource,
  object: { readonly namespace?: string; readonly name: string },
): void {
  if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
  const attributes: AccessAttributes = { verb: 'get', group, resource: plural, ...object };
  if (authorize(user, attributes)) return;
  throw new ApiError('Forbidden', forbiddenMessage(user, attributes), { name: object.name, group, kind: plural });
}
