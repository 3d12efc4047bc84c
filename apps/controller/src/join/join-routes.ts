import type { IncomingMessage } from 'node:http';
import { ApiError, isApiError } from '@gantry/api-types';
import { agentProtocol, type JoinRequest, type JoinResponse, type LeaveResponse } from '@gantry/api-types/protocol';
import type { ApiClient, Clock, InformerSource, Logger } from '@gantry/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../auth/token-store.ts';
import { nodeUser } from '../auth/user.ts';
import { createAgentArchive } from './agent-archive.ts';
import { refuseBootstrapToken } from './bootstrap-tokens.ts';
import { joinScript } from './join-script.ts';

export interface JoinRoutesOptions {
  readonly auth: Authenticator;
  readonly informers: InformerSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The folder that holds the built agent. */
  readonly agentDist: string;
  /** Whether an agent is connected for the node at this moment. */
  readonly isConnected: (nodeName: string) => boolean;
  readonly client: Pick<ApiClient, 'delete'>;
  readonly cluster: string;
}

const nodeNamePattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** How hosts join (a bootstrap token buys a node's own credential, the joining script and the agent's archive) and leave. */
export function registerJoinRoutes(app: FastifyInstance, options: JoinRoutesOptions): void {
  const requireToken = (request: FastifyRequest) => authenticateBootstrap(request.raw, options);
  app.post(agentProtocol.joinPath, async (request, reply) => {
    requireToken(request);
    return reply.code(201).send(await join(parseJoinRequest(request.body), options));
  });
  app.delete(agentProtocol.leavePath, async (request, reply) => reply.send(await leave(request.raw, options)));
  app.get('/gantry/v1/join.cjs', async (request, reply) => {
    requireToken(request);
    return reply.type('text/javascript; charset=utf-8').send(joinScript);
  });
  app.get(agentProtocol.archivePath, async (request, reply: FastifyReply) => {
    requireToken(request);
    return reply.type('application/gzip').send(await createAgentArchive(options.agentDist));
  });
}

async function join(nodeName: string, options: JoinRoutesOptions): Promise<JoinResponse> {
  if (options.isConnected(nodeName)) {
    throw new ApiError(
      'Forbidden',
      `a node named "${nodeName}" is connected already: give this host another --node-name, or stop that node's agent first`,
    );
  }
  const user = nodeUser(nodeName);
  // A host that joins again gets a new credential; what its name held before is void.
  await options.auth.revoke(user.name);
  const token = await options.auth.issueToken(user);
  options.logger.info({ node: nodeName }, 'a host joined');
  return { nodeName, token };
}

/** The Node goes, and with it whatever runs there; the host's own clean-up follows. May be repeated until it worked. */
async function leave(request: IncomingMessage, options: JoinRoutesOptions): Promise<LeaveResponse> {
  const role = options.auth.authenticate(request.headers.authorization)?.role;
  if (role?.type !== 'node') throw new ApiError('Unauthorized', 'only a node with its own credential can leave');
  const { nodeName } = role;
  await options.client.delete('nodes', undefined, nodeName).catch((error: unknown) => {
    if (!isApiError(error, 'NotFound')) throw error;
  });
  await options.auth.revoke(nodeUser(nodeName).name);
  options.logger.info({ node: nodeName }, 'a host left');
  return { nodeName, cluster: options.cluster };
}

function parseJoinRequest(body: unknown): string {
  const value: unknown = typeof body === 'string' || Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body;
  const nodeName = typeof value === 'object' && value !== null ? (value as Partial<JoinRequest>).nodeName : undefined;
  if (typeof nodeName === 'string' && nodeNamePattern.test(nodeName)) return nodeName;
  throw new ApiError(
    'BadRequest',
    `nodeName ${JSON.stringify(nodeName ?? null)} is not a valid node name: lower-case letters, digits, '-' and '.', at most 253 characters`,
  );
}

function authenticateBootstrap(request: IncomingMessage, options: JoinRoutesOptions): void {
  const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const refusal = refuseBootstrapToken(
    options.informers.informer('secrets').lister,
    token,
    new Date(options.clock.now()),
  );
  if (refusal)
    throw new ApiError('Unauthorized', `this host cannot join: ${refusal}; print a new line with \`gantry join\``);
}
