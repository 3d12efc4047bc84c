import { ApiError } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { expositionType } from '@gantry/core/metrics/exposition';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authorizePath } from '../../auth/authorize.ts';
import { notFound } from '../failures.ts';
import { requireNodeStreams } from '../subresources/pod-streams.ts';
import type { HttpContext } from './http-context.ts';
import { checkAccess } from './resource-routes.ts';

/** Texts in Prometheus' format. */
export interface MetricsTexts {
  /** Of the controller itself. */
  controller(): string;
  /** What pods and nodes use, as the kubelet's `/metrics/resource` has it; of one node or of all. */
  resource(nodeName: string | undefined): string;
  /** Disks, network, throttling and processes of containers and pods, as the kubelet's `/metrics/cadvisor` has it. */
  cadvisor(nodeName: string | undefined): string;
}

interface NodeRoute {
  readonly Params: { readonly name: string };
}

/**
 * `/metrics`, `/metrics/resource` and `/metrics/cadvisor` of the cluster, and those of one node where a kubelet's are found
 * through the API server: below `/api/v1/nodes/NAME/proxy`.
 */
export function registerMetricsRoutes(app: FastifyInstance, http: HttpContext, texts: MetricsTexts): void {
  const ofAll: Readonly<Record<string, () => string>> = {
    '/metrics': () => texts.controller(),
    '/metrics/resource': () => texts.resource(undefined),
    '/metrics/cadvisor': () => texts.cadvisor(undefined),
  };
  for (const [path, write] of Object.entries(ofAll)) {
    app.get(path, (request, reply) => {
      checkPath(request, path);
      return send(reply, write());
    });
  }
  const node = '/api/v1/nodes/:name/proxy/metrics';
  app.get<NodeRoute>(node, async (request, reply) => {
    checkNode(http, request);
    return send(reply, await readAgent(http, request.params.name));
  });
  for (const kind of ['resource', 'cadvisor'] as const) {
    app.get<NodeRoute>(`${node}/${kind}`, (request, reply) => {
      checkNode(http, request);
      return send(reply, texts[kind](request.params.name));
    });
  }
}

function send(reply: FastifyReply, text: string | Buffer): FastifyReply {
  return reply.header('content-type', expositionType).send(Buffer.from(text));
}

function checkPath({ user }: FastifyRequest, path: string): void {
  if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
  if (!authorizePath(user, 'get', path))
    throw new ApiError('Forbidden', `User "${user.name}" cannot get path "${path}"`);
}

/** As the kubelet asks for its own: by the subresource `metrics` of its Node. */
function checkNode(http: HttpContext, { user, params }: FastifyRequest<NodeRoute>): void {
  if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
  const { name } = params;
  const kind = http.api.registry.byResource('nodes');
  const asked = { group: '', version: 'v1', apiVersion: 'v1', namespace: undefined, resource: 'nodes', name };
  checkAccess(user, { path: { ...asked, subresource: 'metrics' }, query: {}, kind }, 'get');
  if (!http.api.objects.get('nodes', name)) throw notFound(kind, name);
}

const maxTextBytes = 1024 * 1024;

/** What the node's agent counts of itself comes over its session. */
async function readAgent({ api, closing }: HttpContext, nodeName: string): Promise<Buffer> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(5_000)]);
  const stream = await requireNodeStreams(api).openStream(nodeName, { kind: 'metrics' }, signal);
  const channel = stream.channel(streamChannels.data);
  channel.end();
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of channel as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxTextBytes) throw new ApiError('InternalError', `the agent of ${nodeName} says too much of itself`);
      pieces.push(piece);
    }
  } finally {
    stream.close();
  }
  return Buffer.concat(pieces);
}
