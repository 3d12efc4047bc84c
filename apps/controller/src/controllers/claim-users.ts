import { keyOf, type ObjectKey, type Pod } from '@gantry/api-types';
import type { InformerEvent } from '@gantry/core';
import { claimKeysOf } from '@gantry/core/volumes/pod-claims';

/** Which pods on nodes use which claim. A pod that has ended counts until it is gone, as in Kubernetes. */
export class ClaimUsers {
  readonly #podsByClaim = new Map<ObjectKey, Set<ObjectKey>>();

  /** Takes in a change; returns the claims that it concerns. */
  observe({ type, object }: InformerEvent<Pod>): readonly ObjectKey[] {
    const claims = claimKeysOf(object);
    const isUser = type !== 'deleted' && Boolean(object.spec.nodeName);
    const pod = keyOf(object);
    for (const claim of claims) {
      const pods = this.#podsByClaim.get(claim);
      if (isUser) this.#podsByClaim.set(claim, (pods ?? new Set()).add(pod));
      else if (pods?.delete(pod) && pods.size === 0) this.#podsByClaim.delete(claim);
    }
    return claims;
  }

  isUsed(claim: ObjectKey): boolean {
    return this.#podsByClaim.has(claim);
  }
}
