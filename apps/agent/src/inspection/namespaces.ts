import type { NamespaceInspection, NamespaceKind, NamespaceSharer } from '@gantry/api-types';

type Namespaces = ReadonlyMap<NamespaceKind, string>;

/** Another container and the namespaces that it is in. */
export interface Neighbour {
  readonly sharer: NamespaceSharer;
  readonly namespaces: Namespaces;
}

const maxSharers = 50;

/** With whom each namespace of a container is shared. The host's own has too many in it to name. Pure. */
export function compareNamespaces(
  own: Namespaces,
  host: Namespaces,
  neighbours: readonly Neighbour[],
): readonly NamespaceInspection[] {
  return [...own].map(([kind, link]) => {
    const isHost = host.get(kind) === link;
    const sharers = isHost ? [] : neighbours.filter(({ namespaces }) => namespaces.get(kind) === link);
    return {
      kind,
      link,
      isHost,
      sharedWith: sharers.slice(0, maxSharers).map(({ sharer }) => sharer),
      sharedCount: sharers.length,
    };
  });
}
