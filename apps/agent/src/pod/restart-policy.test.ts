import type { Container } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { containersOf } from './pod-containers.ts';
import { type Attempt, newTrack } from './pod-state.ts';
import { shouldRestart } from './restart-policy.ts';

const exited = (container: string, exitCode: number): Attempt => ({
  id: 'a',
  container,
  number: 0,
  hash: '',
  sandboxId: '',
  state: 'exited',
  imageId: '',
  hasTty: false,
  startedAt: 0,
  finishedAt: 1,
  exitCode,
  oomKilled: false,
  error: '',
  message: '',
  isLost: false,
});

/** The exit codes, of those that are tried, after which the container runs again. */
function restartsAfter(
  policy: 'Always' | 'OnFailure' | 'Never',
  container: Partial<Container>,
  isInit = false,
): number[] {
  const pod = isInit
    ? makePod({ spec: { restartPolicy: policy, initContainers: [{ name: 'init', image: 'a', ...container }] } })
    : makePod({ spec: { restartPolicy: policy }, container });
  const name = isInit ? 'init' : 'main';
  const kind = containersOf(pod).find((found) => found.container.name === name)?.kind ?? 'regular';
  return [0, 1, 42].filter((code) => shouldRestart(pod, newTrack(name, kind), exited(name, code)));
}

const rule = (operator: 'In' | 'NotIn', ...values: number[]) => ({
  action: 'Restart',
  exitCodes: { operator, values },
});

describe('a container', () => {
  it.each<[string, 'Always' | 'OnFailure' | 'Never', Partial<Container>, number[]]>([
    ['follows its pod', 'Always', {}, [0, 1, 42]],
    ['follows its pod', 'OnFailure', {}, [1, 42]],
    ['follows its pod', 'Never', {}, []],
    ['has a policy of its own', 'Never', { restartPolicy: 'OnFailure' }, [1, 42]],
    ['has a policy of its own', 'Always', { restartPolicy: 'Never' }, []],
    ['has rules before its policy', 'Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', 42)] }, [42]],
    [
      'has rules before its policy',
      'Never',
      { restartPolicy: 'Never', restartPolicyRules: [rule('NotIn', 42)] },
      [0, 1],
    ],
    [
      'goes by its policy where no rule fits',
      'Never',
      { restartPolicy: 'OnFailure', restartPolicyRules: [rule('In', 0)] },
      [0, 1, 42],
    ],
  ])('%s (%s, %j)', (_, policy, container, expected) => {
    expect(restartsAfter(policy, container)).toEqual(expected);
  });
});

describe('an init container', () => {
  it.each<[string, 'Always' | 'OnFailure' | 'Never', Partial<Container>, number[]]>([
    ['is tried again until it succeeds', 'Always', {}, [1, 42]],
    ['fails its pod', 'Never', {}, []],
    ['is a sidecar', 'Never', { restartPolicy: 'Always' }, [0, 1, 42]],
    ['has a policy of its own', 'Always', { restartPolicy: 'Never' }, []],
    ['has a policy of its own', 'Never', { restartPolicy: 'OnFailure' }, [1, 42]],
    ['has rules before its policy', 'Never', { restartPolicy: 'Never', restartPolicyRules: [rule('In', 42)] }, [42]],
    // That it has succeeded, no rule can change: the others could never begin.
    [
      'is over once it has succeeded',
      'Always',
      { restartPolicy: 'OnFailure', restartPolicyRules: [rule('In', 0)] },
      [1, 42],
    ],
  ])('%s (%s, %j)', (_, policy, container, expected) => {
    expect(restartsAfter(policy, container, true)).toEqual(expected);
  });
});
