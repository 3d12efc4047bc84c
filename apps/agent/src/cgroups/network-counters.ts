import type { NetworkCounters } from '@gantry/api-types';

/** Bytes received and sent by the named links, from the text of a `/proc/net/dev`. */
export function parseNetDev(text: string, wanted: { has(link: string): boolean }): Map<string, NetworkCounters> {
  const found = new Map<string, NetworkCounters>();
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const colon = text.indexOf(':', start);
    if (colon > 0 && colon < end) {
      const link = text.slice(start, colon).trimStart();
      if (wanted.has(link)) {
        const fields = text
          .slice(colon + 1, end)
          .trim()
          .split(/ +/);
        found.set(link, { rxBytes: Number(fields[0]), txBytes: Number(fields[8]) });
      }
    }
    start = end + 1;
  }
  return found;
}

/** All links of a network namespace but its loopback, added up. */
export function parseNamespaceNetDev(text: string): NetworkCounters {
  const links = parseNetDev(text, { has: (link) => link !== 'lo' });
  let [rxBytes, txBytes] = [0, 0];
  for (const link of links.values()) {
    rxBytes += link.rxBytes;
    txBytes += link.txBytes;
  }
  return { rxBytes, txBytes };
}
