import type { ReactNode } from 'react';
import { useAction } from '../view/use-action.ts';
import { LossAction } from './loss-action.tsx';
import { shortenTolerance } from './tolerance.ts';

/** What a lab waits rather than the five minutes of Kubernetes' defaults, seconds. */
const labSeconds = 30;

interface WaitLessProps {
  readonly node: string;
  /** `namespace/name` of the pods on the lost node. */
  readonly pods: readonly string[];
  /** How long after the loss the most patient of them is evicted, milliseconds. */
  readonly longestMs: number;
}

/** Shortens the wait for the pods of a lost node, where it is longer than a lab has patience for. */
export function WaitLess({ node, pods, longestMs }: WaitLessProps): ReactNode {
  const action = useAction({ verb: 'patch', resource: 'pods' });
  if (!action.isAllowed || longestMs <= labSeconds * 1000) return null;
  const shorten = async (): Promise<void> => {
    await Promise.all(pods.map((key) => shortenTolerance(key, labSeconds)));
  };
  return (
    <LossAction
      action={action}
      id={`wait-less-${node}`}
      label={`Wait ${labSeconds} s only`}
      title="Changes the tolerationSeconds of these pods; new ones have those of their template"
      run={shorten}
    />
  );
}
