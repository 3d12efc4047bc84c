import { createInterface } from 'node:readline';
import type { WatchHandlers } from './container-runtime.ts';
import type { DockerClient } from './docker-client.ts';

interface EngineEvent {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

/** Opens the engine's event streams (containers by label, images); see `ContainerRuntime.watch`. */
export async function watchEngine(
  client: DockerClient,
  options: { readonly labels: readonly string[]; readonly handlers: WatchHandlers; readonly signal: AbortSignal },
): Promise<void> {
  const { handlers, signal } = options;
  const broken = new AbortController();
  const both = AbortSignal.any([signal, broken.signal]);
  let hasEnded = false;
  const end = (error: unknown) => {
    if (hasEnded || signal.aborted) return;
    hasEnded = true;
    broken.abort();
    handlers.onEnd(error);
  };
  const filters = [
    // Image events carry the image's labels, so that one filter cannot serve both.
    { type: ['container'], label: options.labels, event: ['die', 'destroy', 'oom'] },
    { type: ['image'], event: ['delete', 'import', 'load', 'pull', 'tag', 'untag'] },
  ];
  const opened = await Promise.all(
    filters.map((filter) =>
      client.stream({
        method: 'GET',
        path: '/events',
        query: { filters: JSON.stringify(filter) },
        timeoutMs: 10_000,
        signal: both,
      }),
    ),
  ).catch((error: unknown) => {
    broken.abort();
    throw error;
  });
  for (const stream of opened) {
    const lines = createInterface({ input: stream });
    lines.on('line', (line) => deliver(line, handlers));
    stream.on('error', end);
    lines.on('error', end);
    stream.on('close', () => end(new Error('the engine closed the event stream')));
  }
}

function deliver(line: string, handlers: WatchHandlers): void {
  let event: EngineEvent;
  try {
    event = JSON.parse(line) as EngineEvent;
  } catch {
    // A cut last line: the stream's end makes the caller relist.
    return;
  }
  if (event.Type === 'image') return handlers.onImages();
  const { Action: action } = event;
  const id = event.Actor?.ID;
  if (!id || (action !== 'die' && action !== 'destroy' && action !== 'oom')) return;
  handlers.onContainer({ id, action, labels: event.Actor?.Attributes ?? {} });
}
