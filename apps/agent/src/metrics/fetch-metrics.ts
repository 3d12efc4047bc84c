import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ScrapeTarget } from '@gantry/core/metrics/scrape-target';

export interface FetchOptions {
  readonly host: string;
  readonly target: ScrapeTarget;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * The text of a pod's metrics endpoint. Rejects with an error that says what is wrong, after `timeoutMs` at the latest.
 * The certificate of an https endpoint is not checked: it is the pod's own, as for probes.
 */
export function fetchMetrics(options: FetchOptions): Promise<string> {
  const { host, target, timeoutMs, signal } = options;
  const send = target.scheme === 'https' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({
      host,
      port: target.port,
      path: target.path,
      agent: false,
      rejectUnauthorized: false,
      headers: { accept: 'text/plain;version=0.0.4, */*;q=0.1', 'user-agent': 'gantry-agent' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    request.once('response', (response) => readBody(response, options).then(resolve, reject));
    request.once('error', (error) => reject(wordsFor(error, timeoutMs)));
    request.end();
  });
}

async function readBody(response: IncomingMessage, { maxBytes, timeoutMs }: FetchOptions): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`it answers ${response.statusCode}, not 200`);
  }
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > maxBytes) throw new Error(`it answers more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
  } catch (error) {
    throw wordsFor(error, timeoutMs);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function wordsFor(error: unknown, timeoutMs: number): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const isLate = error.name === 'AbortError' || error.name === 'TimeoutError';
  return isLate ? new Error(`no answer within ${timeoutMs / 1000} s`) : error;
}
