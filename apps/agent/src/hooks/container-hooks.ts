import type { Container } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { type HookResult, runHook } from './run-hook.ts';

export interface HookTarget {
  readonly container: Container;
  readonly containerId: string;
  /** The pod's address. */
  readonly ip: string;
}

export type HookKind = 'postStart' | 'preStop';

const kinds: readonly HookKind[] = ['postStart', 'preStop'];

/** Runs the lifecycle hooks of the node's containers, so that each can be called off when its container ends. */
export class ContainerHooks {
  readonly #options: { readonly runtime: ContainerRuntime; readonly clock: Clock };
  /** By the kind of the hook and the engine's id of the container. */
  readonly #running = new Map<string, AbortController>();

  constructor(options: { readonly runtime: ContainerRuntime; readonly clock: Clock }) {
    this.#options = options;
  }

  /** Runs a hook once. Never rejects. */
  async run(target: HookTarget, kind: HookKind, timeoutMs: number): Promise<HookResult> {
    const abort = new AbortController();
    const { containerId, ip, container } = target;
    const handler = container.lifecycle?.[kind] ?? {};
    const ports = container.ports ?? [];
    const key = keyOf(kind, containerId);
    this.#running.set(key, abort);
    try {
      return await runHook({ handler, ip, ports, containerId, timeoutMs, signal: abort.signal }, this.#options);
    } finally {
      this.#running.delete(key);
    }
  }

  isRunning(kind: HookKind, containerId: string): boolean {
    return this.#running.has(keyOf(kind, containerId));
  }

  /** The container has ended: so have its hooks. */
  cancel(containerId: string): void {
    for (const kind of kinds) this.#running.get(keyOf(kind, containerId))?.abort();
  }

  /** Calls all hooks off; another life of the agent runs them again where they matter. */
  stopAll(): void {
    for (const abort of this.#running.values()) abort.abort();
  }
}

function keyOf(kind: HookKind, containerId: string): string {
  return `${kind}/${containerId}`;
}
