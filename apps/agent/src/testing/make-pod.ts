import { randomUUID } from 'node:crypto';
import type { Container, Pod, PodSpec } from '@gantry/api-types';

export interface PodParts {
  readonly name?: string;
  readonly uid?: string;
  readonly image?: string;
  readonly container?: Partial<Container>;
  readonly spec?: Partial<PodSpec>;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

/** A pod with one container `main`, bound to a node; a test names only what it is about. */
export function makePod(parts: PodParts = {}): Pod {
  const uid = parts.uid ?? randomUUID();
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: parts.name ?? `pod-${uid.slice(0, 8)}`,
      namespace: 'default',
      uid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(parts.labels ? { labels: parts.labels } : {}),
      ...(parts.annotations ? { annotations: parts.annotations } : {}),
    },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 1,
      nodeName: 'node-1',
      containers: [
        {
          name: 'main',
          image: parts.image ?? 'gantry-agent-test:1',
          command: ['/bin/sleep', '3600'],
          imagePullPolicy: 'IfNotPresent',
          ...parts.container,
        },
      ],
      ...parts.spec,
    },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  };
}
