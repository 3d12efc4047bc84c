import type { FeedNode } from '@gantry/api-types/feed';
import { lazy, type ReactNode, Suspense } from 'react';
import { useAction } from '../view/use-action.ts';
import { useDrains } from './drain-state.ts';

const DrainPanel = lazy(() => import('./drain-panel.tsx'));

/** Offers to drain a node where the session may, and what is asked and shown of it. */
export function DrainControl({ node }: { readonly node: FeedNode }): ReactNode {
  const action = useAction({ verb: 'create', resource: 'pods', subresource: 'eviction' });
  const { asking, drains, ask } = useDrains();
  const isOpen = asking === node.key || drains.has(node.key);
  if (!action.isAllowed) return null;
  return (
    <>
      {!isOpen && (
        <button type="button" className="button" onClick={() => ask(node.key)}>
          Drain…
        </button>
      )}
      {isOpen && (
        <Suspense>
          <DrainPanel node={node} />
        </Suspense>
      )}
    </>
  );
}
