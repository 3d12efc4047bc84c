import { describe, expect, it } from 'vitest';
import type { ContainerState, ContainerStatus, Pod } from '../../generated/types.ts';
import { makeContainer, makePod, type PodOptions } from '../../testing/index.ts';
import { podColumns } from './columns.ts';

const now = new Date('2026-01-01T01:00:00Z');
const ready = { type: 'Ready', status: 'True' };

function status(state: ContainerState, extra: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'main', state, ready: false, restartCount: 0, image: '', imageID: '', ...extra };
}

/** READY, STATUS and RESTARTS as `kubectl get pods` prints them. */
function line(options: PodOptions): string {
  const pod: Pod = makePod(options);
  const cell = (name: string): string => String(podColumns.find((c) => c.name === name)?.value(pod, now));
  return [cell('Ready'), cell('Status'), cell('Restarts')].join(' ');
}

const init = { initContainers: [makeContainer({ name: 'i1' }), makeContainer({ name: 'i2' })] };
const sidecar = { initContainers: [makeContainer({ name: 'main', extra: { restartPolicy: 'Always' } })] };
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };

describe('kubectl get pods', () => {
  it.each<[string, PodOptions]>([
    ['0/1 Pending 0', {}],
    [
      '0/1 ContainerCreating 0',
      { status: { containerStatuses: [status({ waiting: { reason: 'ContainerCreating' } })] } },
    ],
    ['1/1 Running 0', { phase: 'Running', status: { containerStatuses: [status(running, { ready: true })] } }],
    ['0/1 Running 0', { phase: 'Running', status: { containerStatuses: [status(running)] } }],
    [
      '0/1 CrashLoopBackOff 3 (5m ago)',
      {
        phase: 'Running',
        status: {
          containerStatuses: [
            status(
              { waiting: { reason: 'CrashLoopBackOff' } },
              { restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } } },
            ),
          ],
        },
      },
    ],
    [
      '0/1 Completed 0',
      {
        phase: 'Succeeded',
        status: { containerStatuses: [status({ terminated: { exitCode: 0, reason: 'Completed' } })] },
      },
    ],
    [
      '0/1 Signal:9 0',
      { phase: 'Failed', status: { containerStatuses: [status({ terminated: { exitCode: 137, signal: 9 } })] } },
    ],
    ['0/1 ExitCode:2 0', { phase: 'Failed', status: { containerStatuses: [status({ terminated: { exitCode: 2 } })] } }],
    ['0/1 Evicted 0', { phase: 'Failed', status: { reason: 'Evicted' } }],
    [
      '0/1 Init:0/2 0',
      {
        ...init,
        status: {
          initContainerStatuses: [status(running, { name: 'i1' }), status({ waiting: { reason: 'PodInitializing' } })],
        },
      },
    ],
    [
      '0/1 Init:1/2 0',
      {
        ...init,
        status: {
          initContainerStatuses: [
            status({ terminated: { exitCode: 0, reason: 'Completed' } }, { name: 'i1' }),
            status(running, { name: 'i2' }),
          ],
        },
      },
    ],
    [
      '0/1 Init:Error 2',
      {
        ...init,
        status: {
          initContainerStatuses: [status({ terminated: { exitCode: 1, reason: 'Error' } }, { restartCount: 2 })],
        },
      },
    ],
    [
      '0/1 Init:ImagePullBackOff 0',
      { ...init, status: { initContainerStatuses: [status({ waiting: { reason: 'ImagePullBackOff' } })] } },
    ],
    [
      '2/2 Running 1',
      {
        ...sidecar,
        phase: 'Running',
        status: {
          initContainerStatuses: [status(running, { started: true, ready: true, restartCount: 1 })],
          containerStatuses: [status(running, { ready: true })],
        },
      },
    ],
    ['0/1 Terminating 0', { phase: 'Running', deletionTimestamp: '2026-01-01T00:59:00Z' }],
    ['0/1 Succeeded 0', { phase: 'Succeeded', deletionTimestamp: '2026-01-01T00:59:00Z' }],
    ['0/1 Unknown 0', { phase: 'Running', deletionTimestamp: '2026-01-01T00:59:00Z', status: { reason: 'NodeLost' } }],
    [
      '0/1 SchedulingGated 0',
      { status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
    ],
    [
      '1/2 NotReady 0',
      {
        containers: [makeContainer({ name: 'main' }), makeContainer({ name: 'other' })],
        phase: 'Running',
        status: {
          containerStatuses: [
            status({ terminated: { exitCode: 0, reason: 'Completed' } }),
            status(running, { name: 'other', ready: true }),
          ],
        },
      },
    ],
    [
      '1/2 Running 0',
      {
        containers: [makeContainer({ name: 'main' }), makeContainer({ name: 'other' })],
        phase: 'Running',
        status: {
          conditions: [ready],
          containerStatuses: [
            status({ terminated: { exitCode: 0, reason: 'Completed' } }),
            status(running, { name: 'other', ready: true }),
          ],
        },
      },
    ],
  ])('prints %s', (text, options) => {
    expect(line(options)).toBe(text);
  });

  it('shows address, node and gates with -o wide', () => {
    const pod = makePod({
      nodeName: 'n1',
      spec: { readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
      status: { podIP: '10.0.0.5', podIPs: [{ ip: '10.0.0.5' }], conditions: [{ type: 'a', status: 'True' }] },
    });
    const wide = podColumns.filter((column) => column.priority === 1);
    expect(wide.map((column) => column.name)).toEqual(['IP', 'Node', 'Nominated Node', 'Readiness Gates']);
    expect(wide.map((column) => column.value(pod, now))).toEqual(['10.0.0.5', 'n1', '<none>', '1/2']);
  });
});
