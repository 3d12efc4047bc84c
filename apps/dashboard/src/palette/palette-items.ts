import type { ActionContext } from '../actions/action.ts';
import { availableActions } from '../actions/all-actions.ts';
import { runAction } from '../actions/run-action.ts';
import { nameOf, namespaceOf } from '../format.ts';
import { openPanel } from '../lenses/panels.ts';
import { objectPath } from '../state/selection.ts';
import { setFilter } from '../state/use-filter.ts';
import { fuzzyScore } from './fuzzy.ts';

/** Something the palette offers: an action, or an object to go to. */
export interface PaletteItem {
  readonly id: string;
  readonly title: string;
  /** Shown beside the title: what it is, or what it would act on. */
  readonly detail: string;
  /** What is searched. */
  readonly text: string;
  readonly shortcut?: string;
  readonly run: (context: ActionContext) => void;
}

/** Items shown: beyond that one types another letter. */
const shownItems = 60;

/** All that can be done and gone to now: actions first, then objects. */
export function paletteItems(context: ActionContext): PaletteItem[] {
  const actions = availableActions(context).map((action): PaletteItem => {
    const about = action.about?.(context) ?? '';
    return {
      id: action.id,
      title: action.title,
      detail: about,
      text: `${action.title} ${about} ${action.keywords ?? ''}`,
      ...(action.shortcut ? { shortcut: action.shortcut } : {}),
      run: (given) => void runAction(action, given),
    };
  });
  return [...actions, ...objectItems(context)];
}

/** The items that match, best first; where nothing was typed, all in their order. */
export function findItems(items: readonly PaletteItem[], query: string): PaletteItem[] {
  if (query.trim() === '') return items.slice(0, shownItems);
  return items
    .flatMap((item) => {
      const score = fuzzyScore(query, item.text);
      return score === undefined ? [] : [{ item, score }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, shownItems)
    .map(({ item }) => item);
}

function objectItems({ store }: ActionContext): PaletteItem[] {
  const workloads = [...store.workloads.values()].filter((w) => !w.owner);
  const namespaces = new Set([...store.pods.keys(), ...workloads.map((w) => afterKind(w.key))].map(namespaceOf));
  return [
    ...workloads.map((w) => objectItem(w.kind, afterKind(w.key))),
    ...[...store.nodes.keys()].map((key) => objectItem('Node', key)),
    ...[...store.services.keys()].map(
      (key): PaletteItem => ({
        id: `Service ${key}`,
        title: key,
        detail: 'Service: what is behind it',
        text: `Service ${key}`,
        run: () => openPanel('services', key),
      }),
    ),
    ...[...namespaces].filter(Boolean).map((namespace) => filterItem('Namespace', namespace, `ns:${namespace}`)),
    ...[...store.pods.keys()].map((key) => objectItem('Pod', key)),
  ];
}

function objectItem(kind: string, key: string): PaletteItem {
  const path = objectPath(kind, namespaceOf(key), nameOf(key));
  const named = { id: `${kind} ${key}`, title: key, detail: kind, text: `${kind} ${key}` };
  // A kind that has no place of its own on the page is found by its name.
  return path === '/' ? filterItem(kind, key, nameOf(key)) : { ...named, run: ({ navigate }) => navigate(path) };
}

/** Goes to what belongs to an object that has no place of its own: the fleet, filtered. */
function filterItem(kind: string, key: string, filter: string): PaletteItem {
  const run = (): void => setFilter(filter);
  return { id: `${kind} ${key}`, title: key, detail: `${kind}: filters by ${filter}`, text: `${kind} ${key}`, run };
}

function afterKind(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
