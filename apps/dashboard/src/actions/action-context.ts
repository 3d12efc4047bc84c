import { useCallback, useContext } from 'react';
import { useLocation } from 'wouter';
import { ClusterContext } from '../state/hooks.ts';
import { parseSelection, type Selection } from '../state/selection.ts';
import { ReplayContext } from '../timeline/replay-context.tsx';
import type { ActionContext } from './action.ts';

/** A function that tells what an action would act on at the moment it is called. */
export function useActionContext(): () => ActionContext {
  const store = useContext(ClusterContext);
  const { replay, book } = useContext(ReplayContext);
  const [, navigate] = useLocation();
  return useCallback(() => {
    const selection = parseSelection(location.pathname);
    return { store, selection, target: focusedObject(document.activeElement) ?? selection, navigate, replay, book };
  }, [store, navigate, replay, book]);
}

/** The pod whose tile, or the node whose card, holds the element. */
export function focusedObject(element: Element | null): Selection | undefined {
  const [namespace, name] = element?.closest('[data-tile]')?.getAttribute('data-key')?.split('/') ?? [];
  if (namespace && name) return { kind: 'pod', namespace, name };
  const node = element?.closest('[data-node]')?.getAttribute('data-node');
  return node ? { kind: 'node', name: node } : undefined;
}
