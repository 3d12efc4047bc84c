import { createInterface } from 'node:readline';
import { type PullOptions, RuntimeError } from './container-runtime.ts';
import type { DockerClient } from './docker-client.ts';
import { PullMeter } from './pull-meter.ts';

/** Texts of Go's network errors: nobody answered, as opposed to a registry that said no. */
const unreachable =
  /no such host|connection refused|i\/o timeout|Client\.Timeout|TLS handshake timeout|network is unreachable|no route to host|server misbehaving|deadline exceeded|request canceled while waiting|connection reset|temporary failure in name resolution|: EOF$/i;

/** Pulls through the engine and waits for the end; see `ContainerRuntime.pullImage`. */
export async function pullThroughEngine(client: DockerClient, reference: string, options: PullOptions): Promise<void> {
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  let isIdle = false;
  const onIdle = () => {
    isIdle = true;
    abort.abort();
  };
  let timer = setTimeout(onIdle, options.idleTimeoutMs);
  const meter = new PullMeter();
  try {
    const answer = await client.stream({
      method: 'POST',
      path: '/images/create',
      query: pullQuery(reference),
      timeoutMs: options.idleTimeoutMs,
      signal,
      ...(options.auth ? { registryAuth: toEngineAuth(options.auth) } : {}),
    });
    for await (const line of createInterface({ input: answer })) {
      clearTimeout(timer);
      timer = setTimeout(onIdle, options.idleTimeoutMs);
      const message = parseLine(line);
      if (message.error !== undefined) throw new RuntimeError('refused', String(message.error));
      if (meter.add(message)) options.onProgress?.(meter.progress());
    }
  } catch (error) {
    throw toPullError(error, reference, isIdle);
  } finally {
    clearTimeout(timer);
  }
}

function toPullError(error: unknown, reference: string, isIdle: boolean): RuntimeError {
  if (isIdle || (error instanceof RuntimeError && error.code === 'timeout')) {
    return new RuntimeError('registryUnreachable', `pulling ${reference}: no progress, i/o timeout`, { cause: error });
  }
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RuntimeError && error.code === 'unreachable') return error;
  return new RuntimeError(unreachable.test(text) ? 'registryUnreachable' : 'pullRefused', text, { cause: error });
}

function pullQuery(reference: string): Record<string, string> {
  const at = reference.indexOf('@');
  // The digest decides; a tag beside it is only for the reader.
  if (at >= 0) return { fromImage: withoutTag(reference.slice(0, at)), tag: reference.slice(at + 1) };
  const name = withoutTag(reference);
  return { fromImage: name, tag: reference.slice(name.length + 1) || 'latest' };
}

function withoutTag(reference: string): string {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? reference.slice(0, colon) : reference;
}

function toEngineAuth(auth: { username: string; password: string; serverAddress: string }): object {
  return { username: auth.username, password: auth.password, serveraddress: auth.serverAddress };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : {};
  } catch {
    // A line that is not JSON is no progress message we know of; the stream's end decides.
    return {};
  }
}
