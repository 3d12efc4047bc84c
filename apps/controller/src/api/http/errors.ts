import { ApiError } from '@gantry/api-types';
import { type Logger, StoreError } from '@gantry/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from './respond.ts';

/** The largest body that is read: etcd's limit for an object, doubled, as Kubernetes has it. */
export const maxBodyBytes = 3 * 1024 * 1024;

/** Anything thrown, as the error that the client gets. What is not meant for clients is logged here, once. */
export function toApiError(error: unknown, logger: Logger, where: { method: string; url: string }): ApiError {
  if (error instanceof ApiError) return error;
  if (isFastifyError(error) && error.statusCode < 500) return fromFastify(error);
  if (error instanceof StoreError && error.code === 'closed') {
    return new ApiError(
      'ServiceUnavailable',
      'the controller is shutting down',
      { retryAfterSeconds: 1 },
      { cause: error },
    );
  }
  if (error instanceof StoreError && error.code === 'overloaded') {
    // Not logged: one line per request would make it worse. Clients wait and try again by themselves.
    return new ApiError(
      'TooManyRequests',
      `${error.message}; try again later`,
      { retryAfterSeconds: 1 },
      { cause: error },
    );
  }
  if (error instanceof StoreError && error.code === 'full') {
    // The store has logged it. An operator can put it right, so that the cause is not hidden.
    const message = `Internal error occurred: ${error.message}; free some space and try again`;
    return new ApiError('InternalError', message, undefined, { cause: error });
  }
  logger.error({ err: error, method: where.method, url: where.url }, 'request failed');
  return new ApiError('InternalError', "Internal error occurred: see the controller's log for details", undefined, {
    cause: error,
  });
}

/** Answers with the Status of an error. */
export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  return sendJson(reply, error.toStatus(), error.code);
}

function isFastifyError(error: unknown): error is Error & { code: string; statusCode: number } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && 'code' in error;
}

function fromFastify(error: Error & { code: string; statusCode: number }): ApiError {
  if (error.statusCode === 413) {
    return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`);
  }
  if (error.statusCode === 415) {
    return new ApiError(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  return new ApiError('BadRequest', error.message, undefined, { cause: error });
}

/** How long, and how much of, a body that is too large is read and thrown away after the answer. */
const drainMs = 1000;
const maxDrainedBytes = 256 * 1024 * 1024;

/**
 * Answers 413 while the client is still sending. Hanging up at once would reset the connection, and the client would
 * see that instead of the answer; so what comes is thrown away for a moment.
 */
export function sendTooLarge(request: FastifyRequest, reply: FastifyReply, error: ApiError): void {
  reply.hijack();
  const { raw } = reply;
  const body = Buffer.from(JSON.stringify(error.toStatus()));
  raw.writeHead(error.code, {
    'content-type': 'application/json',
    'content-length': body.length,
    connection: 'close',
  });
  raw.write(body);
  if (request.raw.readableEnded) {
    raw.end();
    return;
  }
  let drained = 0;
  const timer = setTimeout(() => raw.end(), drainMs);
  request.raw.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > maxDrainedBytes) raw.end();
  });
  request.raw.once('end', () => raw.end());
  raw.once('close', () => clearTimeout(timer));
}
