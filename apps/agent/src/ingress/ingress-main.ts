import type { IngressConfig } from '@gantry/api-types/ingress-config';
import { type IngressServerOptions, startIngressServer } from './ingress-server.ts';

const stopGraceMs = 5_000;

/** What the agent sends its proxy. */
export type IngressMessage =
  | { readonly type: 'listen'; readonly options: IngressServerOptions }
  | { readonly type: 'config'; readonly config: IngressConfig };

/** What the proxy answers. */
export type IngressReport =
  | { readonly type: 'listening' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'problems'; readonly problems: readonly string[] };

/**
 * The proxy's process: apart from the agent, whose heartbeats must not wait behind a download. Told what to do by the
 * agent that forked it, and gone when the agent is.
 */
export function runIngress(): void {
  const report = (message: IngressReport) => process.send?.(message);
  let server: ReturnType<typeof startIngressServer> | undefined;
  process.on('message', (message: IngressMessage) => {
    switch (message.type) {
      case 'listen':
        server = startIngressServer(message.options);
        server.then(
          () => report({ type: 'listening' }),
          (error: unknown) => {
            report({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
            process.disconnect?.();
          },
        );
        return;
      case 'config':
        server?.then(
          (started) => report({ type: 'problems', problems: started.setConfig(message.config) }),
          () => undefined,
        );
    }
  });
  // The agent has ended or wants no proxy any more: what is under way may finish.
  process.on('disconnect', () => {
    setTimeout(() => process.exit(0), stopGraceMs + 1_000).unref();
    const exit = () => process.exit(0);
    (server ?? Promise.resolve(undefined)).then((started) => started?.stop(stopGraceMs)).then(exit, exit);
  });
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (process.connected) process.disconnect?.();
    });
  }
}
