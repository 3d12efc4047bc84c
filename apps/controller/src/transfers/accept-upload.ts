import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, errorCatalogue, isApiError } from '@gantry/api-types';
import { streamChannels, type TransferRequest } from '@gantry/api-types/protocol';
import type { InformerSource, Logger } from '@gantry/core';
import { copyStream } from '@gantry/core/streams/copy-stream';
import { type UploadAnswer, UploadDecoder, uploadProtocol } from '@gantry/core/streams/upload-frames';
import type { Authenticator } from '../auth/token-store.ts';
import type { NodeStreams } from '../sessions/node-streams.ts';
import { nodeOfVolume, readAnswer, requireAdmin } from './transfer-routes.ts';

export interface UploadOptions {
  readonly auth: Authenticator;
  /** Undefined while the controller starts. */
  readonly nodeStreams: NodeStreams | undefined;
  readonly informers: InformerSource;
  readonly logger: Logger;
}

interface Connection {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

const imagePath = /^\/gantry\/v1\/nodes\/([^/?]+)\/images\?(.*)$/;
const volumePath = /^\/gantry\/v1\/persistentvolumes\/([^/?]+)\/data$/;

/**
 * Takes an upload of an image or of a volume's files (see `upload-frames.ts`): its bytes go to the node's agent at the agent's pace, the
 * agent's answer goes back. False where the connection asks for something else.
 */
export function acceptUpload(options: UploadOptions, connection: Connection): boolean {
  const { request, socket } = connection;
  if (request.headers.upgrade?.toLowerCase() !== uploadProtocol) return false;
  socket.on('error', () => socket.destroy());
  void serve(options, connection).catch((error: unknown) => {
    options.logger.error({ err: error }, 'an upload failed');
    socket.destroy();
  });
  return true;
}

async function serve(options: UploadOptions, { request, socket, head }: Connection): Promise<void> {
  const closed = new AbortController();
  socket.once('close', () => closed.abort());
  let answer: UploadAnswer;
  let hasSwitched = false;
  try {
    requireAdmin(options.auth, request.headers.authorization);
    const { node, wanted } = parseTarget(options.informers, request.url ?? '');
    if (!options.nodeStreams) throw new ApiError('ServiceUnavailable', 'the controller is starting: try again');
    const stream = await options.nodeStreams.openStream(node, wanted, closed.signal);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${uploadProtocol}\r\n\r\n`);
    hasSwitched = true;
    if (head.byteLength > 0) socket.unshift(head);
    const upload = socket.pipe(new UploadDecoder());
    // Whatever breaks the upload ends the stream; how, the answer says.
    copyStream(upload, stream.channel(streamChannels.data)).catch(() => stream.close());
    answer = { result: await readAnswer(stream) };
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (!hasSwitched) return refuse(socket, error);
    answer = { error: { reason: error.reason, message: error.message } };
  }
  socket.end(JSON.stringify(answer));
}

/** As any request is refused, before the connection has changed its protocol. */
function refuse(socket: Duplex, error: ApiError): void {
  const { code } = errorCatalogue[error.reason];
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    code,
  });
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${code} ${error.reason}\r\n${headers}\r\n\r\n${body}`);
}

function parseTarget(informers: InformerSource, url: string): { node: string; wanted: TransferRequest } {
  const [, node, query] = imagePath.exec(url) ?? [];
  const reference = new URLSearchParams(query ?? '').get('reference');
  if (node !== undefined && reference)
    return { node: decodeURIComponent(node), wanted: { kind: 'loadImage', reference } };
  const [, name] = volumePath.exec(url) ?? [];
  if (name === undefined) throw new ApiError('NotFound', `there is nothing to upload to at ${url}`);
  const volume = decodeURIComponent(name);
  return { node: nodeOfVolume(informers, volume), wanted: { kind: 'writeVolume', volume } };
}
