import type { Pod } from '@gantry/api-types';
import { getObject, patchObject } from '../api/client.ts';
import { nameOf, namespaceOf } from '../format.ts';

type Toleration = NonNullable<Pod['spec']['tolerations']>[number];

const lostNode = /^node\.kubernetes\.io\/(unreachable|not-ready)$/;

/** The tolerations with at most so many seconds for a lost node; those for ever stay, as daemons have them for a reason. */
export function shortenTolerations(tolerations: readonly Toleration[], seconds: number): Toleration[] {
  return tolerations.map((toleration) => {
    const { key = '', effect = '', tolerationSeconds } = toleration;
    const isAboutLoss = (key === '' || lostNode.test(key)) && (effect === '' || effect === 'NoExecute');
    return isAboutLoss && tolerationSeconds !== undefined && tolerationSeconds > seconds
      ? { ...toleration, tolerationSeconds: seconds }
      : toleration;
  });
}

/**
 * Lets a pod go so many seconds after its node was lost. Of a pod's tolerations the API lets only these seconds be changed;
 * its successors have those of their template again.
 */
export async function shortenTolerance(podKey: string, seconds: number): Promise<void> {
  const target = { apiVersion: 'v1', resource: 'pods', namespace: namespaceOf(podKey), name: nameOf(podKey) };
  const { metadata, spec } = await getObject<Pod>(target);
  const tolerations = shortenTolerations(spec.tolerations ?? [], seconds);
  await patchObject(target, { metadata: { resourceVersion: metadata.resourceVersion }, spec: { tolerations } });
}
