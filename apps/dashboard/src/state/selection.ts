import { useLocation } from 'wouter';
import { type WorkloadPath, workloadKindAt } from './workload-kinds.ts';

/** What the inspector shows; kept in the URL so that a link holds it. */
export type Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'pod' | WorkloadPath; readonly namespace: string; readonly name: string };

/** `/pod/default/web-1` and so on; anything else selects nothing. */
export function parseSelection(path: string): Selection {
  const [kind, first, second] = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (kind === 'node' && first) return { kind, name: first };
  if (kind && hasPlace(kind) && first && second) return { kind, namespace: first, name: second };
  return { kind: 'none' };
}

/** The inverse of {@link parseSelection}. */
export function selectionPath(selection: Selection): string {
  if (selection.kind === 'none') return '/';
  const parts = selection.kind === 'node' ? [selection.name] : [selection.namespace, selection.name];
  return `/${[selection.kind, ...parts].map(encodeURIComponent).join('/')}`;
}

/** Path of the page for an object named by kind, namespace and name; `/` for kinds the inspector does not show. */
export function objectPath(kind: string, namespace: string | undefined, name: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'node') return selectionPath({ kind: 'node', name });
  return hasPlace(lower) ? selectionPath({ kind: lower, namespace: namespace ?? 'default', name }) : '/';
}

/** The feed's key of a selected workload; undefined for anything else. */
export function selectedWorkloadKey(selection: Selection): string | undefined {
  const kind = workloadKindAt(selection.kind);
  if (!kind || selection.kind === 'none' || selection.kind === 'node') return undefined;
  return `${kind}/${selection.namespace}/${selection.name}`;
}

function hasPlace(kind: string): kind is 'pod' | WorkloadPath {
  return kind === 'pod' || workloadKindAt(kind) !== undefined;
}

/** The present selection and how to change it. */
export function useSelection(): [Selection, (path: string) => void] {
  const [path, navigate] = useLocation();
  return [parseSelection(path), navigate];
}
