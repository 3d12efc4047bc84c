import type { KubernetesObject } from '@gantry/api-types';
import type { FeedWorkload } from '@gantry/api-types/feed';

/** A former or present template of a StatefulSet or DaemonSet: here no more than its image. */
interface KeptRevision {
  readonly image: string;
  readonly createdAt: number;
  number: number;
}

/** The ControllerRevisions of the make-believe cluster. */
export class MockRevisions {
  readonly #byOwner = new Map<string, KeptRevision[]>();

  /** Makes the revision of an image the newest, as the real controller does, and returns its number. */
  take(ownerUid: string, image: string, now: number): number {
    const kept = this.#byOwner.get(ownerUid) ?? [];
    this.#byOwner.set(ownerUid, kept);
    const number = Math.max(0, ...kept.map((one) => one.number)) + 1;
    const known = kept.find((one) => one.image === image);
    if (known) known.number = number;
    else kept.push({ image, createdAt: now, number });
    return number;
  }

  /** As the API shows them. `template` is the workload's with another image. */
  objects(workloads: Iterable<FeedWorkload>, template: (workload: FeedWorkload) => object): KubernetesObject[] {
    return [...workloads].flatMap((workload) => {
      const [, namespace = '', name = ''] = workload.key.split('/');
      const owner = { apiVersion: 'apps/v1', kind: workload.kind, name, uid: workload.uid, controller: true };
      return (this.#byOwner.get(workload.uid) ?? []).map(({ image, createdAt, number }) => {
        const object = {
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: {
            name: revisionName(name, image),
            namespace,
            uid: `uid-${revisionName(name, image)}`,
            resourceVersion: '1',
            creationTimestamp: `${new Date(createdAt).toISOString().slice(0, 19)}Z`,
            ownerReferences: [owner],
          },
          data: { spec: { template: { ...template({ ...workload, images: [image] }), $patch: 'replace' } } },
          revision: number,
        };
        return object as unknown as KubernetesObject;
      });
    });
  }
}

/** The name of the revision that has this image; pods carry it as a label. */
export function revisionName(name: string, image: string): string {
  const hash = [...image].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_679_616, 7);
  return `${name}-${hash.toString(36)}`;
}
