import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HTTPHeader } from '@gantry/api-types';
import { dialMessage } from './dial-message.ts';
import type { ProbeResult } from './run-probe.ts';

export interface HttpProbe {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly scheme: string;
  readonly headers: readonly HTTPHeader[];
  readonly timeoutMs: number;
}

const maxRedirects = 10;

/** GET: 200 to 399 is a success. Redirects on the same host are followed; certificates are not checked. */
export async function probeHttp(probe: HttpProbe): Promise<ProbeResult> {
  const scheme = probe.scheme.toLowerCase();
  const path = probe.path.startsWith('/') ? probe.path : `/${probe.path}`;
  const first = new URL(`${scheme}://${bracketed(probe.host)}:${probe.port}${path}`);
  const shown = `${scheme}://${bracketed(probe.host)}:${probe.port}${path}`;
  const deadline = AbortSignal.timeout(probe.timeoutMs);
  let url = first;
  try {
    for (let redirects = 0; redirects < maxRedirects; redirects += 1) {
      const { status, location } = await getOnce(url, probe, deadline);
      if (status >= 400 || status < 200) {
        return { type: 'failure', message: `HTTP probe failed with statuscode: ${status}` };
      }
      const next = status >= 300 && location !== undefined ? new URL(location, url) : undefined;
      // Another host is not this container's business: Kubernetes takes that for a success, too.
      if (!next || next.hostname !== first.hostname) return { type: 'success' };
      url = next;
    }
    return { type: 'failure', message: `Get "${shown}": stopped after ${maxRedirects} redirects` };
  } catch (error) {
    const text = deadline.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : dialMessage(error, probe);
    return { type: 'failure', message: `Get "${shown}": ${text}` };
  }
}

async function getOnce(
  url: URL,
  probe: HttpProbe,
  signal: AbortSignal,
): Promise<{ status: number; location?: string }> {
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    headers: headersOf(probe),
    signal,
    // A connection per probe, as in Kubernetes: a kept one would not notice that nobody listens any more.
    agent: false,
    rejectUnauthorized: false,
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end();
  });
  response.on('error', () => undefined);
  response.destroy();
  const { location } = response.headers;
  return { status: response.statusCode ?? 0, ...(location === undefined ? {} : { location }) };
}

function headersOf(probe: HttpProbe): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'user-agent': 'kube-probe/1.36', accept: '*/*' };
  for (const { name, value } of probe.headers) {
    const key = name.toLowerCase();
    const known = probe.headers.filter((other) => other.name.toLowerCase() === key).map((other) => other.value);
    headers[key] = known.length > 1 ? known : value;
  }
  return headers;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
