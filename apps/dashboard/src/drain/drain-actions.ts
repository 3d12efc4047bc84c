import type { ActionContext, PageAction } from '../actions/action.ts';
import { openOverview } from '../actions/open-overview.ts';
import { cordon } from '../state/actions.ts';
import { isLive } from '../state/may-write.ts';
import { objectPath } from '../state/selection.ts';
import { useDrains } from './drain-state.ts';

/** Actions on the node that is focused or open, or on which the focused pod runs. */
export const nodeActions: readonly PageAction[] = [
  {
    id: 'node.drain',
    title: 'Drain the node',
    keywords: 'evict empty maintenance',
    shortcut: 'd',
    about: nodeOf,
    isAvailable: (context) => isLive(context.store) && nodeOf(context) !== undefined,
    needs: () => ({ verb: 'create', resource: 'pods', subresource: 'eviction' }),
    run(context) {
      const node = nodeOf(context);
      if (!node) return;
      useDrains.getState().ask(node);
      openOverview(context.navigate, objectPath('Node', undefined, node));
    },
  },
  {
    id: 'node.cordon',
    title: 'Cordon or uncordon the node',
    keywords: 'unschedulable maintenance',
    about: nodeOf,
    isAvailable: (context) => isLive(context.store) && nodeOf(context) !== undefined,
    needs: () => ({ verb: 'patch', resource: 'nodes' }),
    run(context) {
      const node = context.store.nodes.get(nodeOf(context) ?? '');
      // The card shows what comes of it.
      return node && cordon({ node: node.key, unschedulable: !node.unschedulable });
    },
  },
];

function nodeOf({ target, store }: ActionContext): string | undefined {
  if (target.kind === 'node') return target.name;
  if (target.kind !== 'pod') return undefined;
  return store.pods.get(`${target.namespace}/${target.name}`)?.nodeName;
}
