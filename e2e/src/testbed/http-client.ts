import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';

/** A cluster's API as a kubeconfig names it. */
export interface ApiAddress {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A keep-alive client that measures the server rather than itself: no parsing unless asked. */
export class HttpClient {
  readonly #url: URL;
  readonly #options: RequestOptions;

  constructor(address: ApiAddress, sockets: number) {
    this.#url = new URL(address.server);
    this.#options = {
      host: this.#url.hostname,
      port: this.#url.port,
      agent: new Agent({ keepAlive: true, maxSockets: sockets, ca: address.caPem }),
      headers: { authorization: `Bearer ${address.token}`, accept: 'application/json' },
    };
  }

  send(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    const data = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request(this.#with(method, path, data, contentType), (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      call.on('error', reject);
      call.end(data);
    });
  }

  /** As {@link send}; rejects where the server refuses. 409 counts as done: a bench may run twice. */
  async must(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer> {
    const answer = await this.send(method, path, body, contentType);
    if (answer.status >= 300 && answer.status !== 409)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer;
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse((await this.must('GET', path)).text) as T;
  }

  /** Follows a watch on a connection of its own; the returned function ends it. `onEnd` is called however it ends. */
  watch(path: string, onEvent: (event: WatchEvent) => void, onEnd: () => void = () => undefined): () => void {
    const call = request(
      { ...this.#with('GET', path, undefined, ''), agent: false, ca: this.#ca() },
      (response: IncomingMessage) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') onEvent(JSON.parse(line) as WatchEvent);
        });
        response.on('error', () => undefined);
      },
    );
    // Ended by the returned function, or by the server when the bench stops it.
    call.on('error', () => undefined);
    call.on('close', onEnd);
    call.end();
    return () => call.destroy();
  }

  close(): void {
    (this.#options.agent as Agent).destroy();
  }

  #ca(): NonNullable<RequestOptions['ca']> {
    return (this.#options.agent as Agent).options.ca ?? '';
  }

  #with(method: string, path: string, data: string | undefined, contentType: string): RequestOptions {
    const headers = { ...(this.#options.headers as Record<string, string>) };
    if (data !== undefined)
      Object.assign(headers, { 'content-type': contentType, 'content-length': Buffer.byteLength(data) });
    return { ...this.#options, method, path, headers };
  }
}

export interface WatchEvent {
  readonly type: string;
  readonly object: { metadata: { name: string }; spec?: { nodeName?: string }; status?: { phase?: string } };
}
