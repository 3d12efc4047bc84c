import type { OpenApiDocument, OpenApiDocuments } from '@gantry/api-types/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Discovery, DiscoveryVersion } from '../discovery.ts';
import { unknownResource } from '../failures.ts';
import { versionInfo } from '../version.ts';
import { notAcceptable, parseAccept } from './negotiate.ts';
import { sendJson } from './respond.ts';

export interface DocumentRoutesOptions {
  readonly discovery: Discovery;
  readonly openApi: OpenApiDocuments;
}

const jsonType = 'application/json';

/** Everything that describes the API rather than being it: version, discovery, OpenAPI. */
export function registerDocumentRoutes(app: FastifyInstance, { discovery, openApi }: DocumentRoutesOptions): void {
  const version = JSON.stringify(versionInfo);
  // As bytes: fastify rewrites the content type of texts, and older clients compare it letter by letter.
  const sendText = (reply: FastifyReply, text: string, type = jsonType) =>
    reply.header('content-type', type).send(Buffer.from(text));
  app.get('/version', (_request, reply) => sendText(reply, version));
  app.get('/', (_request, reply) => sendJson(reply, { paths: rootPaths(discovery) }));
  for (const root of ['api', 'apis'] as const) {
    const handler = (request: FastifyRequest, reply: FastifyReply) => {
      const aggregated = aggregatedVersion(request.headers.accept);
      if (!aggregated) return sendText(reply, root === 'api' ? discovery.apiVersions : discovery.apiGroupList);
      const type = `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`;
      void reply.header('vary', 'Accept');
      return sendText(reply, discovery.aggregated(root, aggregated), type);
    };
    app.get(`/${root}`, handler);
    app.get(`/${root}/`, handler);
  }
  const sendKnown = (reply: FastifyReply, text: string | undefined) => {
    if (text !== undefined) return sendText(reply, text);
    return reply.code(404).header('content-type', 'text/plain; charset=utf-8').send('404 page not found\n');
  };
  app.get<{ Params: { version: string } }>('/api/:version', (request, reply) =>
    sendKnown(reply, discovery.resourceList(request.params.version)),
  );
  app.get<{ Params: { group: string } }>('/apis/:group', (request, reply) =>
    sendKnown(reply, discovery.group(request.params.group)),
  );
  app.get<{ Params: { group: string; version: string } }>('/apis/:group/:version', (request, reply) =>
    sendKnown(reply, discovery.resourceList(`${request.params.group}/${request.params.version}`)),
  );
  registerOpenApiRoutes(app, openApi);
}

/** The aggregated form where the client prefers one; it lists newer first, plain JSON last. */
function aggregatedVersion(accept: string | undefined): DiscoveryVersion | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (type !== jsonType || parameters.get('as') !== 'APIGroupDiscoveryList') continue;
    const version = parameters.get('v');
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  return undefined;
}

/** kubectl up to 1.28 cannot do without the protobuf form; `@` in a content type breaks its parser, hence no echo. */
const protobufAccept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

function registerOpenApiRoutes(app: FastifyInstance, openApi: OpenApiDocuments): void {
  app.get('/openapi/v2', async (request, reply) => {
    const ranges = parseAccept(request.headers.accept ?? '*/*');
    const wanted = ranges.find(({ type }) =>
      [protobufAccept, protobufType, jsonType, '*/*', 'application/*'].includes(type),
    );
    if (!wanted) throw notAcceptable();
    const isProtobuf = wanted.type === protobufAccept || wanted.type === protobufType;
    const document = await (isProtobuf ? openApi.v2Protobuf() : openApi.v2Json());
    void reply.header('vary', 'Accept');
    return sendDocument(request, reply, document, isProtobuf ? protobufType : jsonType);
  });
  const index = async (_request: FastifyRequest, reply: FastifyReply) => sendJson(reply, await openApi.v3Index());
  app.get('/openapi/v3', index);
  app.get('/openapi/v3/', index);
  app.get<{ Params: { '*': string }; Querystring: { hash?: string } }>('/openapi/v3/*', async (request, reply) => {
    const document = await openApi.v3(request.params['*']);
    if (!document) throw unknownResource();
    if (request.query.hash !== undefined && request.query.hash === document.hash) {
      void reply.header('cache-control', 'public, immutable').header('expires', 'Thu, 31 Dec 2037 23:55:55 GMT');
    }
    return sendDocument(request, reply, document, jsonType);
  });
}

function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: OpenApiDocument,
  type: string,
): FastifyReply {
  const { buffer, byteOffset, byteLength } = document.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const etag = `"${document.hash}"`;
  void reply.header('etag', etag);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.header('content-type', type).send(bytes);
}

function rootPaths(discovery: Discovery): string[] {
  const groups = (
    JSON.parse(discovery.apiGroupList) as { groups: { name: string; versions: { groupVersion: string }[] }[] }
  ).groups;
  const served = groups.flatMap(({ name, versions }) => [
    `/apis/${name}`,
    ...versions.map((v) => `/apis/${v.groupVersion}`),
  ]);
  return [
    '/api',
    '/api/v1',
    '/apis',
    ...served,
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
}
