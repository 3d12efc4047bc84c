import type { FeedNode } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { cordon } from '../state/actions.ts';
import { useAction } from './use-action.ts';

/** Cordon or uncordon: marks a node so that no new pod is placed there; running pods stay. */
export function CordonButton({ node }: { readonly node: FeedNode }): ReactNode {
  const action = useAction({ verb: 'patch', resource: 'nodes' });
  if (!action.isAllowed) return null;
  const verb = node.unschedulable ? 'Uncordon' : 'Cordon';
  return (
    <button
      type="button"
      className="button button-quiet"
      aria-label={`${verb} ${node.key}`}
      title={
        action.error ?? (node.unschedulable ? 'Allow new pods here again' : 'Place no new pods here; running pods stay')
      }
      disabled={action.isBusy}
      onClick={() => action.run(() => cordon({ node: node.key, unschedulable: !node.unschedulable }))}
    >
      {action.error ? 'Failed' : verb}
    </button>
  );
}
