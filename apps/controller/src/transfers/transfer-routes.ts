import { text } from 'node:stream/consumers';
import { ApiError, objectKey, type Pod } from '@gantry/api-types';
import { type ImageFacts, type PodReference, streamChannels, type TransferRequest } from '@gantry/api-types/protocol';
import type { InformerSource } from '@gantry/core';
import type { OpenedStream } from '@gantry/core/streams/stream-opener';
import { hostnameOf, isProvisionedLocally } from '@gantry/core/volumes/local-volume';
import { hostnameLabel } from '@gantry/core/volumes/names';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from '../auth/token-store.ts';
import type { NodeStreams } from '../sessions/node-streams.ts';

export interface TransferOptions {
  readonly auth: Authenticator;
  readonly informers: InformerSource;
  readonly nodeStreams: NodeStreams;
}

type NodeParams = { Params: { node: string } };
type PodParams = { Params: { namespace: string; pod: string } };

/** Images from nodes, and what is asked of nodes about images; `transferPaths` names the paths. Admins only. */
export function registerTransferRoutes(app: FastifyInstance, options: TransferOptions): void {
  app.post<NodeParams>('/gantry/v1/nodes/:node/image-layers', async (request) => {
    requireAdmin(options.auth, request.headers.authorization);
    const { reference, imageId, layers } = fieldsOf(request.body);
    if (!isText(reference) || !isText(imageId) || !Array.isArray(layers) || !layers.every(isText)) {
      throw new ApiError('BadRequest', 'reference, imageId and layers (a list of digests) are required');
    }
    return ask(options, request.params.node, { kind: 'imageLayers', reference, imageId, layers });
  });
  app.get<NodeParams>('/gantry/v1/nodes/:node/images', async (request, reply) => {
    requireAdmin(options.auth, request.headers.authorization);
    const { reference, skipLayers = '0' } = request.query as Record<string, string | undefined>;
    if (!reference || !/^\d{1,4}$/.test(skipLayers)) {
      throw new ApiError('BadRequest', 'reference is required, and skipLayers must be a number of layers');
    }
    const closed = whenClosed(request);
    const wanted = { kind: 'saveImage', reference, skipLayers: Number(skipLayers) } as const;
    const stream = await options.nodeStreams.openStream(request.params.node, wanted, closed);
    return reply.type('application/x-tar').send(await firstBytes(stream));
  });
  app.get<{ Params: { volume: string } }>('/gantry/v1/persistentvolumes/:volume/data', async (request, reply) => {
    requireAdmin(options.auth, request.headers.authorization);
    const { volume } = request.params;
    const wanted = { kind: 'readVolume', volume } as const;
    const node = nodeOfVolume(options.informers, volume);
    const stream = await options.nodeStreams.openStream(node, wanted, whenClosed(request));
    return reply.type('application/x-tar').send(await firstBytes(stream));
  });
  app.post<PodParams>('/gantry/v1/namespaces/:namespace/pods/:pod/snapshot', async (request) => {
    requireAdmin(options.auth, request.headers.authorization);
    const { image, container } = fieldsOf(request.body);
    if (!isText(image)) throw new ApiError('BadRequest', 'image is required: the name that the snapshot is to have');
    const target = findContainer(options.informers, request.params, isText(container) ? container : undefined);
    const { node, ...rest } = target;
    const facts = await ask<ImageFacts>(options, node, { kind: 'commitContainer', ...rest, reference: image });
    return { node, ...facts };
  });
}

/** Throws `ApiError` unless the caller is an admin: an image may hold any secret. */
export function requireAdmin(auth: Authenticator, authorization: string | undefined): void {
  const user = auth.authenticate(authorization);
  if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
  if (user.role.type === 'admin') return;
  throw new ApiError('Forbidden', `images are moved by admins only, not by "${user.name}"`);
}

/** One question to a node's agent and its answer. */
async function ask<T>(options: TransferOptions, node: string, request: TransferRequest): Promise<T> {
  const stream = await options.nodeStreams.openStream(node, request, new AbortController().signal);
  stream.channel(streamChannels.data).end();
  return readAnswer<T>(stream);
}

/** The JSON that the agent answers; rejects with what the agent says. */
export async function readAnswer<T>(stream: OpenedStream): Promise<T> {
  const answer = await text(stream.channel(streamChannels.data)).catch(() => undefined);
  const failure = await stream.ended;
  if (failure) throw failure;
  if (!answer) throw new ApiError('InternalError', "the node's agent gave no answer: see its log");
  return JSON.parse(answer) as T;
}

/** Waits for the first bytes, so that a refusal is still an answer of its own. */
async function firstBytes(stream: OpenedStream) {
  const data = stream.channel(streamChannels.data);
  data.end();
  data.once('close', () => stream.close());
  const isReadable = await new Promise<boolean>((resolve) => {
    data.once('readable', () => resolve(data.readableLength > 0));
    data.once('close', () => resolve(false));
  });
  if (isReadable) return data;
  throw (await stream.ended) ?? new ApiError('InternalError', "the node's agent sent nothing: see its log");
}

/** The node that made the volume and keeps its files. Throws `ApiError` where no node did. */
export function nodeOfVolume(informers: InformerSource, name: string): string {
  const volume = informers.informer('persistentvolumes').lister.get(objectKey(undefined, name));
  if (!volume) throw new ApiError('NotFound', `persistentvolumes "${name}" not found`);
  const hostname = isProvisionedLocally(volume) ? hostnameOf(volume) : undefined;
  const nodes = informers.informer('nodes').lister.list();
  const node = nodes.find(({ metadata }) => metadata.labels?.[hostnameLabel] === hostname);
  if (hostname !== undefined && node) return node.metadata.name;
  throw new ApiError('BadRequest', `the files of volume ${name} are not on a node: only local volumes are backed up`);
}

function whenClosed(request: FastifyRequest): AbortSignal {
  const closed = new AbortController();
  request.raw.socket.once('close', () => closed.abort());
  return closed.signal;
}

interface Target {
  readonly node: string;
  readonly pod: PodReference;
  readonly container: string;
}

function findContainer(informers: InformerSource, params: PodParams['Params'], wanted: string | undefined): Target {
  const pod: Pod | undefined = informers.informer('pods').lister.get(objectKey(params.namespace, params.pod));
  if (!pod) throw new ApiError('NotFound', `pods "${params.pod}" not found`);
  const names = pod.spec.containers.map(({ name }) => name);
  const container = wanted ?? names[0] ?? '';
  if (wanted === undefined && names.length > 1) {
    throw new ApiError('BadRequest', `pod ${params.pod} has several containers, name one of: ${names.join(', ')}`);
  }
  if (!names.includes(container)) {
    throw new ApiError('BadRequest', `pod ${params.pod} has no container ${container}, only ${names.join(', ')}`);
  }
  const { nodeName } = pod.spec;
  if (!nodeName) throw new ApiError('BadRequest', `pod ${params.pod} does not have a host assigned`);
  const { name, namespace = '', uid } = pod.metadata;
  return { node: nodeName, pod: { name, namespace, uid }, container };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
