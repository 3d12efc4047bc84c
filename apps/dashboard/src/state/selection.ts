import { useLocation } from 'wouter';

/** What the inspector shows; kept in the URL so that a link holds it. */
export type Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'pod' | 'deployment' | 'replicaset'; readonly namespace: string; readonly name: string };

/** `/pod/default/web-1` and so on; anything else selects nothing. */
export function parseSelection(path: string): Selection {
  const [kind, first, second] = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (kind === 'node' && first) return { kind, name: first };
  if ((kind === 'pod' || kind === 'deployment' || kind === 'replicaset') && first && second) {
    return { kind, namespace: first, name: second };
  }
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
  if (lower === 'pod' || lower === 'deployment' || lower === 'replicaset') {
    return selectionPath({ kind: lower, namespace: namespace ?? 'default', name });
  }
  return '/';
}

/** The present selection and how to change it. */
export function useSelection(): [Selection, (path: string) => void] {
  const [path, navigate] = useLocation();
  return [parseSelection(path), navigate];
}
