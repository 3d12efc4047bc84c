import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ApiError, type ErrorReason, errorCatalogue } from '@gantry/api-types';
import { type UploadAnswer, UploadEncoder } from '@gantry/core/streams/upload-frames';
import { UserError } from '../output/user-error.ts';

/** Sends all of `source` over an upgraded connection; resolves with the server's answer, which may come early. */
export async function uploadOver<T>(connection: Duplex, source: Readable): Promise<T> {
  const answer = text(connection);
  // An upload that the server cuts off is explained by its answer.
  const broken = new Promise<never>((_, reject) => source.once('error', reject));
  broken.catch(() => undefined);
  connection.on('error', () => source.destroy());
  source.on('error', () => connection.destroy());
  source.pipe(new UploadEncoder()).pipe(connection, { end: false });
  try {
    return parseAnswer<T>(await Promise.race([answer, broken]));
  } finally {
    answer.catch(() => undefined);
    source.destroy();
    connection.destroy();
  }
}

function parseAnswer<T>(body: string): T {
  let answer: UploadAnswer;
  try {
    answer = JSON.parse(body) as UploadAnswer;
  } catch (error) {
    throw new UserError('the controller closed the connection before the upload was complete', { cause: error });
  }
  if ('result' in answer) return answer.result as T;
  const { reason, message } = answer.error;
  const known = Object.keys(errorCatalogue).find((name): name is ErrorReason => name === reason);
  throw new ApiError(known ?? 'InternalError', message);
}
