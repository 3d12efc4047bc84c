import { crashOne } from './failures.ts';
import type { MockFleet } from './fleet.ts';
import { fillNodes, startChurn } from './load.ts';

const Mi = 1024 * 1024;

/** What can be played on the mock fleet, by name: for screenshots, for trying the page, and for tests. */
export const scenes: Readonly<Record<string, (fleet: MockFleet) => void>> = {
  demo(fleet) {
    fleet.addDeployment({ name: 'web', replicas: 3, requests: { cpuMilli: 150, memoryBytes: 192 * Mi } });
    fleet.addDeployment({ name: 'api', replicas: 4, requests: { cpuMilli: 300, memoryBytes: 512 * Mi } });
    fleet.addDeployment({ name: 'database', replicas: 1, requests: { cpuMilli: 1200, memoryBytes: 2048 * Mi } });
    fleet.addDeployment({ name: 'cache', replicas: 2, requests: { cpuMilli: 200, memoryBytes: 1024 * Mi } });
    fleet.addDeployment({ name: 'worker', replicas: 5, requests: { cpuMilli: 120, memoryBytes: 128 * Mi } });
  },
  'scale-30': (fleet) => void fleet.scale('web', 30),
  'scale-63': (fleet) => void fleet.scale('web', 63),
  'scale-3': (fleet) => void fleet.scale('web', 3),
  autoscale: (fleet) => {
    fleet.autoscaled = 'Deployment/default/web';
  },
  'autoscale-set': (fleet) => {
    fleet.autoscaled = 'StatefulSet/default/ledger';
  },
  kinds(fleet) {
    const requests = { cpuMilli: 250, memoryBytes: 256 * Mi };
    fleet.addSet({ kind: 'StatefulSet', name: 'ledger', replicas: 3, requests });
    fleet.addSet({ kind: 'DaemonSet', name: 'collector', requests: { cpuMilli: 50, memoryBytes: 64 * Mi } });
    fleet.addJob({
      name: 'import',
      completions: 6,
      parallelism: 2,
      requests: { cpuMilli: 200, memoryBytes: 128 * Mi },
    });
  },
  'roll-out': (fleet) => void fleet.rollOut('web', 'registry.test/web:1.5'),
  'roll-out-set': (fleet) => void fleet.rollOutSet('StatefulSet', 'ledger', 'registry.test/ledger:1.5'),
  'kill-node': (fleet) => fleet.killNode('node-2'),
  'revive-node': (fleet) => fleet.reviveNode('node-2'),
  pending: (fleet) =>
    void fleet.addDeployment({ name: 'giant', replicas: 3, requests: { cpuMilli: 3500, memoryBytes: 512 * Mi } }),
  'missing-image': (fleet) =>
    void fleet.addDeployment({
      name: 'reports',
      replicas: 2,
      requests: { cpuMilli: 100, memoryBytes: 128 * Mi },
      image: 'registry.test/missing:2.0',
    }),
  crash: (fleet) => crashOne(fleet, 'web'),
  noisy: (fleet) => {
    fleet.noisy = 'worker';
  },
  'fill-20': (fleet) => fillNodes(fleet, 20),
  'fill-40': (fleet) => fillNodes(fleet, 40),
  'fill-334': (fleet) => fillNodes(fleet, 334),
  'churn-20': (fleet) => startChurn(fleet, 20),
  'churn-100': (fleet) => startChurn(fleet, 100),
};
