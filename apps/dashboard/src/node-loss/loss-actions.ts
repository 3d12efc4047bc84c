import type { ActionContext, PageAction } from '../actions/action.ts';
import { focusSoon } from '../actions/open-overview.ts';
import { isLive } from '../state/may-write.ts';
import { isNodeReady, isTerminated } from '../state/pod-state.ts';
import { setSearchValue } from '../state/url-search.ts';

/** Actions on the pods of a lost node: they go to the buttons that say what they do. */
export const lossActions: readonly PageAction[] = [
  lossAction('node.evict-now', 'Evict the pods of the lost node now', 'delete', 'evict-now'),
  lossAction('node.wait-less', 'Wait less for the lost node', 'patch', 'wait-less'),
];

function lossAction(id: string, title: string, verb: string, button: string): PageAction {
  return {
    id,
    title,
    keywords: 'unreachable dead eviction toleration move pods',
    about: lostNode,
    isAvailable: (context) => isLive(context.store) && lostNode(context) !== undefined,
    needs: () => ({ verb, resource: 'pods' }),
    run(context) {
      // Banners are above the tiles.
      setSearchValue('view', undefined);
      focusSoon(`${button}-${lostNode(context)}`);
    },
  };
}

/** The lost node that is open or focused, else the first one, where pods are bound to it. */
function lostNode({ target, store }: ActionContext): string | undefined {
  const lost = [...store.nodes.values()].filter(
    (node) => !isNodeReady(node) && [...store.podsOn(node.key).values()].some((pod) => !isTerminated(pod)),
  );
  const chosen = target.kind === 'node' ? lost.find(({ key }) => key === target.name) : undefined;
  return (chosen ?? lost[0])?.key;
}
