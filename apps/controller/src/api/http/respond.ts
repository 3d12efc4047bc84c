import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { WrittenObject } from '../context.ts';
import type { ListResult } from '../handlers/list.ts';
import {
  partialRepresentation,
  plainRepresentation,
  type Representation,
  tableRepresentation,
} from '../representation.ts';
import { toYaml } from '../wire.ts';
import type { ResourceCall } from './http-context.ts';
import type { Format } from './negotiate.ts';
import { parseIncludeObject } from './query.ts';

/** The representation that the client's Accept header asks for. Throws 406. */
export function representationFor(call: ResourceCall): { representation: Representation; format: Format } {
  const format = call.http.negotiate(call.request.headers.accept);
  const { clock } = call.http.api;
  switch (format.type) {
    case 'json':
    case 'yaml':
      return { representation: plainRepresentation(call.kind, call.version), format };
    case 'partial':
      return { representation: partialRepresentation(format.version), format };
    case 'table': {
      const includeObject = parseIncludeObject(call.query);
      const options = { version: format.version, includeObject, now: () => new Date(clock.now()) };
      return { representation: tableRepresentation(call.kind, options), format };
    }
  }
}

/** Sends one object. */
export function sendObject(call: ResourceCall, object: WrittenObject, code = 200): FastifyReply {
  const { representation, format } = representationFor(call);
  call.reply.code(code);
  return sendBytes(call.reply, format, [representation.one(object)]);
}

/** Sends a list. */
export function sendList(call: ResourceCall, result: ListResult): FastifyReply {
  const { representation, format } = representationFor(call);
  return sendBytes(call.reply, format, representation.list(result));
}

/** Lists up to this size go out in one piece. */
const streamAboveBytes = 512 * 1024;

function sendBytes(reply: FastifyReply, format: Format, pieces: readonly Buffer[]): FastifyReply {
  if (format.type === 'yaml') {
    void reply.header('content-type', 'application/yaml');
    return reply.send(toYaml(JSON.parse(Buffer.concat(pieces).toString('utf8'))));
  }
  void reply.header('content-type', 'application/json');
  const [only] = pieces;
  if (pieces.length === 1 && only) return reply.send(only);
  let size = 0;
  for (const piece of pieces) size += piece.length;
  if (size <= streamAboveBytes) return reply.send(Buffer.concat(pieces, size));
  // Piece by piece, at the client's pace: other requests are served in between, and no second copy of the list is made.
  void reply.header('content-length', size);
  return reply.send(Readable.from(pieces, { objectMode: false, highWaterMark: 512 * 1024 }));
}

/** Tells the client of things it should know, as kubectl prints them. */
export function addWarnings(reply: FastifyReply, warnings: readonly string[]): void {
  // Headers are bounded: a document of nothing but mistakes must not make a header that clients refuse.
  for (const warning of warnings.slice(0, 20)) {
    const text = warning
      .slice(0, 400)
      .replace(/[^\x20-\x7e]/g, '?')
      .replace(/["\\]/g, '\\$&');
    void reply.header('warning', [...existing(reply), `299 - "${text}"`]);
  }
}

function existing(reply: FastifyReply): string[] {
  const value = reply.getHeader('warning');
  return Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
}

/** Sends plain data that no kind stands behind (Status, Scale, reviews). */
export function sendJson(reply: FastifyReply, body: object, code = 200): FastifyReply {
  void reply.code(code).header('content-type', 'application/json');
  return reply.send(Buffer.from(JSON.stringify(body)));
}
