import {
  type ControllerRevision,
  compileLabelSelector,
  isApiError,
  type LabelSelector,
  type NewObject,
} from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import {
  isSameRevision,
  planRevision,
  planRevisionCleanup,
  type RevisionedObject,
} from '@gantry/core/reconcile/controller-revisions';
import { planClaims, withController, withoutOwner } from '@gantry/core/reconcile/owner-references';
import type { ControllerServices } from './controller.ts';
import { OrphanIndex } from './indexes.ts';

/** A StatefulSet or DaemonSet. */
type Owner = RevisionedObject & { readonly spec: { readonly selector: LabelSelector } };

export interface RevisionHistoryOptions {
  /** Labels that a new revision gets beside those of the template. */
  readonly labels: (hash: string) => Readonly<Record<string, string>>;
  /** Records on the owner that its hash collided with another's: `status.collisionCount` goes up. */
  readonly raiseCollisionCount: (owner: Owner) => Promise<void>;
}

export interface OwnedRevisions {
  readonly all: readonly ControllerRevision[];
  /** That of the owner's present template. */
  readonly update: ControllerRevision;
}

/** The ControllerRevisions of StatefulSets and DaemonSets: made, found again after a rollback, adopted, cleaned up. */
export class RevisionHistory {
  readonly #services: ControllerServices;
  readonly #options: RevisionHistoryOptions;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #orphans: OrphanIndex<ControllerRevision>;

  constructor(services: ControllerServices, options: RevisionHistoryOptions) {
    this.#services = services;
    this.#options = options;
    this.#revisions = services.informers.informer('controllerrevisions.apps');
    this.#orphans = new OrphanIndex(this.#revisions.lister);
  }

  watch(): () => void {
    return this.#revisions.onEvent((event) => this.#orphans.observe(event));
  }

  /** Makes sure that there is a revision of the owner's present template and that it is the newest. */
  async sync(owner: Owner): Promise<OwnedRevisions> {
    const present = await this.#claim(owner);
    const { step, updateName } = planRevision(owner, present, this.#options.labels);
    const { client } = this.#services;
    switch (step.type) {
      case 'none': {
        const update = present.find(({ metadata }) => metadata.name === updateName);
        if (!update) throw new Error(`the revision ${updateName} of ${owner.metadata.name} disappeared`);
        return { all: present, update };
      }
      case 'create': {
        const update = await this.#create(owner, step.revision);
        return { all: [...present, update], update };
      }
      case 'renumber': {
        const update = await client.update('controllerrevisions.apps', { ...step.revision, revision: step.to });
        return { all: [...present.filter(({ metadata }) => metadata.name !== updateName), update], update };
      }
    }
  }

  /** Deletes revisions beyond the owner's limit that are not in `live` (names). */
  async cleanUp(owner: Owner, revisions: readonly ControllerRevision[], live: ReadonlySet<string>): Promise<void> {
    for (const { metadata } of planRevisionCleanup(owner, revisions, live)) {
      const { namespace, name, uid } = metadata;
      try {
        await this.#services.client.delete('controllerrevisions.apps', namespace, name, { preconditions: { uid } });
      } catch (error) {
        // Gone already is what was wanted.
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  }

  async #claim(owner: Owner): Promise<readonly ControllerRevision[]> {
    const { uid, namespace } = owner.metadata;
    const selector = compileLabelSelector(owner.spec.selector);
    const candidates = [...this.#revisions.lister.listByOwner(uid), ...this.#orphans.list(namespace)];
    const plan = planClaims(owner, candidates, (labels) => selector.matches(labels));
    for (const revision of plan.adopt) await this.#setOwners(revision, withController(revision, owner));
    for (const revision of plan.release) await this.#setOwners(revision, withoutOwner(revision, uid));
    return plan.claimed.flatMap(
      ({ metadata }) => this.#revisions.lister.get(`${metadata.namespace}/${metadata.name}`) ?? [],
    );
  }

  async #setOwners(revision: ControllerRevision, ownerReferences: object): Promise<void> {
    const { namespace, name, uid, resourceVersion } = revision.metadata;
    const metadata = { uid, resourceVersion, ownerReferences };
    await this.#services.client.mergePatch('controllerrevisions.apps', namespace, name, { metadata });
  }

  async #create(owner: Owner, revision: NewObject<ControllerRevision>): Promise<ControllerRevision> {
    try {
      return await this.#services.client.create('controllerrevisions.apps', revision);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const { namespace, name = '' } = revision.metadata;
      const found = await this.#services.client.get('controllerrevisions.apps', namespace, name);
      if (isSameRevision(owner, found)) return found;
      // Another template has the hash: with a raised count this one gets another name on the next pass.
      await this.#options.raiseCollisionCount(owner);
      throw error;
    }
  }
}
