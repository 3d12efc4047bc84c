import type { Readable, Writable } from 'node:stream';

/**
 * Copies all of `source` at the pace of `target`, then ends `target`; resolves when that has taken it all. Rejects
 * where either breaks off. Unlike `pipeline` it neither waits for the other direction of a duplex nor destroys anything.
 */
export function copyStream(source: Readable, target: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error?: Error | null) => {
      source.unpipe(target);
      reject(error ?? new Error('the stream was closed before its end'));
    };
    if (source.destroyed && !source.readableEnded) return fail(source.errored);
    if (target.destroyed) return fail(target.errored);
    source.once('error', fail);
    source.once('close', () => {
      if (!source.readableEnded) fail();
    });
    target.once('error', fail);
    target.once('finish', resolve);
    target.once('close', () => {
      if (!target.writableFinished) fail();
    });
    source.pipe(target);
  });
}
