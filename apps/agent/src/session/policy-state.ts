import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import type { PolicySource } from '../node-api.ts';

/** The NetworkPolicies of this node as last told; stays through a time without the controller. */
export class PolicyState implements PolicySource {
  #items: readonly ResolvedPolicy[] | undefined;
  #handler: () => void = () => undefined;

  current(): readonly ResolvedPolicy[] | undefined {
    return this.#items;
  }

  onChange(handler: () => void): void {
    this.#handler = handler;
  }

  set(items: readonly ResolvedPolicy[]): void {
    this.#items = items;
    this.#handler();
  }
}
