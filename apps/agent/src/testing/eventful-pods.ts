import type { Pod } from '@gantry/api-types';
import { fakeImage } from './fake-node.ts';
import { makePod } from './make-pod.ts';

const exit = ['/bin/sh', '-c', 'exit 0'];
const hook = { exec: { command: exit } };

/** A pod with an init container and a volume, for tests that break its start and stop off. */
export function podWithInit(): Pod {
  const init = { name: 'init', image: fakeImage, command: exit };
  return makePod({ name: 'with-init', spec: { initContainers: [init], volumes: [{ name: 'v', emptyDir: {} }] } });
}

/** A pod with a sidecar, two containers and hooks. */
export function podOfSeveral(): Pod {
  return makePod({
    name: 'several',
    spec: {
      initContainers: [{ name: 'side', image: fakeImage, restartPolicy: 'Always' }],
      containers: [
        { name: 'a', image: fakeImage, lifecycle: { postStart: hook, preStop: hook } },
        { name: 'b', image: fakeImage },
      ],
    },
  });
}
