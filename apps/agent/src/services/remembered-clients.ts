import { affinitiesOf, type Ruleset } from '@gantry/core/network/services/ruleset';
import { affinityPrefix, endpointName } from './render-change.ts';

interface RememberedClient {
  readonly ip: string;
  readonly expiresSeconds: number;
}

/** The clients that the table's sets remember, by the name of the set; from nft's own JSON. Pure. */
export function rememberedClients(
  objects: readonly Readonly<Record<string, unknown>>[],
): ReadonlyMap<string, readonly RememberedClient[]> {
  const found = new Map<string, RememberedClient[]>();
  for (const { set } of objects) {
    if (!isSet(set) || !set.name.startsWith(affinityPrefix)) continue;
    const clients = (set.elem ?? []).flatMap(({ elem }) =>
      elem === undefined || !elem.expires ? [] : [{ ip: elem.val, expiresSeconds: elem.expires }],
    );
    if (clients.length > 0) found.set(set.name, clients);
  }
  return found;
}

/** The commands that put clients back into the sets that are still there. Pure. */
export function renderClients(
  table: string,
  clients: ReadonlyMap<string, readonly RememberedClient[]>,
  ruleset: Ruleset,
): string {
  const lines: string[] = [];
  for (const { affinity, endpoints } of affinitiesOf(ruleset).values()) {
    for (const endpoint of endpoints) {
      const set = endpointName(affinity.name, endpoint);
      const items = (clients.get(set) ?? []).map(
        ({ ip, expiresSeconds }) =>
          `${ip} timeout ${affinity.seconds}s expires ${Math.min(expiresSeconds, affinity.seconds)}s`,
      );
      if (items.length > 0) lines.push(`add element ${table} ${set} { ${items.join(', ')} }`);
    }
  }
  return lines.join('\n');
}

interface NftSet {
  readonly name: string;
  readonly elem?: readonly { readonly elem?: { readonly val: string; readonly expires?: number } }[];
}

function isSet(value: unknown): value is NftSet {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}
