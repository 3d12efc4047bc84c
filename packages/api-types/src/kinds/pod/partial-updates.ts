import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../generated/types.ts';
import type { PartialSubresource, PartialUpdateRules } from '../../kind.ts';
import { semanticEqual } from '../../lib/semantic-equal.ts';
import { forbidden } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateResourceChanges, withResources } from './resize-validation.ts';

/** The subresources through which a part of a running pod is written. */
export const podPartialUpdates: Readonly<Record<PartialSubresource, PartialUpdateRules<Pod>>> = {
  ephemeralcontainers: {
    prepare(next, previous) {
      const { ephemeralContainers } = next.spec;
      keepAllBut(next, previous, {});
      if (ephemeralContainers) next.spec.ephemeralContainers = ephemeralContainers;
      else delete next.spec.ephemeralContainers;
    },
    validate: validateEphemeralUpdate,
  },
  resize: {
    prepare(next, previous) {
      const { containers, initContainers } = previous.spec;
      keepAllBut(next, previous, {
        containers: withResources(containers, next.spec.containers, true),
        ...(initContainers ? { initContainers: withResources(initContainers, next.spec.initContainers, true) } : {}),
      });
    },
    validate(next, previous) {
      const errors: FieldError[] = [];
      validateResourceChanges(next, previous, errors);
      return errors;
    },
  },
};

/** All of the previous pod but for what is given of its spec. */
function keepAllBut(next: Pod, previous: Pod, spec: Partial<Pod['spec']>): void {
  next.metadata = { ...previous.metadata };
  next.spec = { ...previous.spec, ...spec };
  next.status = previous.status;
}

const path = FieldPath.of('spec').child('ephemeralContainers');

/** Ephemeral containers can be added; those that are there stay as they are. */
function validateEphemeralUpdate(next: Pod, previous: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const containers = new Map((next.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  for (const old of previous.spec.ephemeralContainers ?? []) {
    const present = containers.get(old.name);
    const what = `existing ephemeral containers ${JSON.stringify(old.name)} may not be`;
    if (!present) errors.push(forbidden(path, `${what} removed`));
    else if (!semanticEqual(present, old)) errors.push(forbidden(path, `${what} changed`));
  }
  return errors;
}
