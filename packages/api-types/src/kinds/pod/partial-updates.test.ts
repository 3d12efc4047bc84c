import { describe, expect, it } from 'vitest';
import type { Pod } from '../../generated/types.ts';
import { makeContainer, makePod } from '../../testing/index.ts';
import type { podKind } from '../pod.ts';
import { podPartialUpdates } from './partial-updates.ts';
import { validatePodUpdate } from './update-validation.ts';

const { ephemeralcontainers, resize } = podPartialUpdates;
const running = (extra: Partial<Pod['spec']> = {}): Pod =>
  makePod({ name: 'web', cpu: '100m', memory: '64Mi', status: { qosClass: 'Burstable' }, spec: extra });
const texts = (errors: ReturnType<typeof podKind.validate>): string[] =>
  errors.map((error) => `${error.field}: ${error.message}`);

function resizedTo(resources: NonNullable<Pod['spec']['containers'][0]['resources']>): Pod {
  const pod = running();
  pod.spec.containers = [{ ...makeContainer({ name: 'main' }), resources }];
  return pod;
}

describe('pods/resize', () => {
  it('changes nothing but resources', () => {
    const next = resizedTo({ requests: { cpu: '200m', memory: '64Mi' } });
    next.spec.containers[0] = {
      ...makeContainer({ name: 'main', image: 'other:2' }),
      ...next.spec.containers[0],
      image: 'other:2',
    };
    next.metadata = { ...next.metadata, labels: { a: 'b' } };
    resize.prepare(next, running());
    expect(next.spec.containers[0]).toMatchObject({ image: 'example/app:1', resources: { requests: { cpu: '200m' } } });
    expect(next.metadata.labels).toBeUndefined();
    expect(resize.validate(next, running())).toEqual([]);
  });

  it.each<[Parameters<typeof resizedTo>[0], string[]]>([
    [{ requests: { cpu: '300m', memory: '32Mi' } }, []],
    [{ requests: { cpu: '300m', memory: '64Mi' }, limits: { cpu: '1' } }, []],
    [
      { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
      ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
    ],
    [
      { requests: { memory: '64Mi' } },
      ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    ],
    [
      { requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '1Gi' } },
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
  ])('to %j: %o, by a plain update too', (resources, problems) => {
    expect(texts(resize.validate(resizedTo(resources), running()))).toEqual(problems);
    expect(texts(validatePodUpdate(resizedTo(resources), running()))).toEqual(problems);
  });

  it('leaves init containers alone that end before the pod runs', () => {
    const init = (cpu: string, restartPolicy?: string) =>
      makeContainer({ name: 'init', cpu, ...(restartPolicy ? { extra: { restartPolicy } } : {}) });
    const change = (policy?: string): string[] =>
      texts(
        resize.validate(
          running({ initContainers: [init('2', policy)] }),
          running({ initContainers: [init('1', policy)] }),
        ),
      );
    expect(change()).toEqual([
      'spec.initContainers[0].resources: Forbidden: resources for non-sidecar init containers are immutable',
    ]);
    expect(change('Always')).toEqual([]);
  });
});

describe('pods/ephemeralcontainers', () => {
  const debug = { name: 'debugger', image: 'busybox' };

  it('adds containers and changes nothing else', () => {
    const next = running({ ephemeralContainers: [debug], hostname: 'elsewhere' });
    ephemeralcontainers.prepare(next, running());
    expect(next.spec.hostname).toBeUndefined();
    expect(next.spec.ephemeralContainers).toEqual([debug]);
    expect(ephemeralcontainers.validate(next, running())).toEqual([]);
  });

  it('neither changes nor removes those that are there', () => {
    const previous = running({ ephemeralContainers: [debug] });
    const changed = running({ ephemeralContainers: [{ ...debug, image: 'other' }] });
    expect(texts(ephemeralcontainers.validate(changed, previous))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be changed',
    ]);
    expect(texts(ephemeralcontainers.validate(running(), previous))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be removed',
    ]);
  });
});
