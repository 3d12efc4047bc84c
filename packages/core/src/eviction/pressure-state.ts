import { type MetThreshold, type PressureCondition, signalFacts } from './signals.ts';

/** When each pressure was last seen, in milliseconds since the epoch. */
export type PressureState = ReadonlyMap<PressureCondition, number>;

/** A pressure stays for `transitionMs` after it was last seen, so that a node does not flap. Pure. */
export function nextPressureState(
  before: PressureState,
  met: readonly MetThreshold[],
  { now, transitionMs }: { readonly now: number; readonly transitionMs: number },
): PressureState {
  const kept = [...before].filter(([, lastSeen]) => now - lastSeen < transitionMs);
  return new Map([...kept, ...met.map(({ signal }) => [signalFacts[signal].condition, now] as const)]);
}

interface ReportedCondition {
  readonly type: PressureCondition;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const words: readonly (readonly [PressureCondition, on: readonly [string, string], off: readonly [string, string]])[] =
  [
    [
      'MemoryPressure',
      ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
      ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ],
    [
      'DiskPressure',
      ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
      ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ],
    [
      'PIDPressure',
      ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
      ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ],
  ];

/** The node's conditions, in the kubelet's words. Pure. */
export function pressureConditions(state: PressureState): readonly ReportedCondition[] {
  return words.map(([type, on, off]) => {
    const isOn = state.has(type);
    const [reason, message] = isOn ? on : off;
    return { type, status: isOn ? 'True' : 'False', reason, message };
  });
}
