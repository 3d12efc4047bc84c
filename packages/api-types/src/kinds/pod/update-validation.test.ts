import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../generated/types.ts';
import { makePod } from '../../testing/index.ts';
import { validatePodUpdate } from './update-validation.ts';

function textsOf(change: (spec: PodSpec) => void, previous: Pod = makePod({ nodeName: 'n1' })): string[] {
  const next = structuredClone(previous);
  change(next.spec);
  return validatePodUpdate(next, previous).map((error) => `${error.field}: ${error.message}`);
}

const fields =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

describe('a pod update', () => {
  it('may change images, add tolerations and shorten the deadline', () => {
    const change = (spec: PodSpec): void => {
      spec.containers = spec.containers.map((container) => ({ ...container, image: 'other:2' }));
      spec.tolerations = [{ key: 'a', operator: 'Exists' }];
      spec.activeDeadlineSeconds = 5;
    };
    expect(textsOf(change)).toEqual([]);
  });

  it('may spell out what is empty anyway', () => {
    const change = (spec: PodSpec): void => {
      spec.hostNetwork = false;
      spec.volumes = [];
      spec.nodeSelector = {};
    };
    expect(textsOf(change)).toEqual([]);
  });

  it('may not change anything else, and is told what', () => {
    const change = (spec: PodSpec): void => {
      spec.hostNetwork = true;
    };
    expect(textsOf(change)).toEqual([`spec: Forbidden: ${fields}\n  spec.hostNetwork differs`]);
  });

  it('may not change requests in place but for cpu and memory', () => {
    const change = (spec: PodSpec): void => {
      spec.containers = spec.containers.map((container) => {
        const requests = { ...container.resources?.requests, 'ephemeral-storage': '1Gi' };
        return { ...container, resources: { ...container.resources, requests } };
      });
    };
    expect(textsOf(change)).toEqual(['spec: Forbidden: only cpu and memory resources are mutable']);
  });

  it('may not add or remove containers', () => {
    const change = (spec: PodSpec): void => {
      spec.containers.push({ name: 'more', image: 'x' });
    };
    expect(textsOf(change)).toEqual(['spec.containers: Forbidden: pod updates may not add or remove containers']);
  });

  it('may change only the seconds of a toleration', () => {
    const tolerations = [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }];
    const previous = makePod({ tolerations });
    const seconds = (spec: PodSpec): void => {
      spec.tolerations = [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }];
    };
    const removed = (spec: PodSpec): void => {
      spec.tolerations = [];
    };
    expect(textsOf(seconds, previous)).toEqual([]);
    expect(textsOf(removed, previous)).toEqual([
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ]);
  });

  it('may not take the deadline away or prolong it', () => {
    const previous = makePod({ spec: { activeDeadlineSeconds: 10 } });
    const longer = (spec: PodSpec): void => {
      spec.activeDeadlineSeconds = 11;
    };
    const none = (spec: PodSpec): void => {
      delete spec.activeDeadlineSeconds;
    };
    expect(textsOf(longer, previous)).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value',
    ]);
    expect(textsOf(none, previous)).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
    ]);
  });
});
