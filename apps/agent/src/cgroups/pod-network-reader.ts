import type { NetworkCounters } from '@gantry/api-types';
import { type KernelFile, type KernelFiles, kernelFile } from './kernel-files.ts';
import { parseNamespaceNetDev, parseNetDev } from './network-counters.ts';

/** Where a pod's traffic is counted: at the host's end of its link, or else within its namespace. */
export type PodNetworkSource = { readonly link: string } | { readonly containerId: string };

interface NetworkedPod {
  readonly podUid: string;
  readonly network?: PodNetworkSource | undefined;
}

/** Reads what pods received and sent: one file for all that have a link of ours, one each for the others. */
export class PodNetworkReader {
  readonly #files: KernelFiles;
  readonly #pidOf: (containerId: string) => Promise<number | undefined>;
  readonly #hostLinks: KernelFile;
  /** The path of each container's file; undefined where its process cannot be seen from here. */
  readonly #namespaces = new Map<string, string | undefined>();
  readonly #procRoot: string;

  constructor(files: KernelFiles, pidOf: (containerId: string) => Promise<number | undefined>, procRoot = '/proc') {
    this.#files = files;
    this.#pidOf = pidOf;
    this.#procRoot = procRoot;
    this.#hostLinks = kernelFile(`${procRoot}/net/dev`, true);
  }

  /** By the pods' uids; pods whose traffic cannot be read are left out. */
  async read(pods: readonly NetworkedPod[]): Promise<ReadonlyMap<string, NetworkCounters>> {
    const found = new Map<string, NetworkCounters>();
    const byLink = new Map<string, string>();
    const namespaces = new Set<string>();
    for (const { podUid, network } of pods) {
      if (!network) continue;
      if ('link' in network) byLink.set(network.link, podUid);
      else {
        namespaces.add(network.containerId);
        const counters = await this.#readNamespace(network.containerId);
        if (counters) found.set(podUid, counters);
      }
    }
    if (byLink.size > 0) this.#readLinks(byLink, found);
    for (const id of this.#namespaces.keys()) if (!namespaces.has(id)) this.#namespaces.delete(id);
    return found;
  }

  close(): void {
    this.#files.close(this.#hostLinks);
  }

  #readLinks(byLink: ReadonlyMap<string, string>, found: Map<string, NetworkCounters>): void {
    for (const [link, { rxBytes, txBytes }] of parseNetDev(this.#files.read(this.#hostLinks) ?? '', byLink)) {
      const uid = byLink.get(link);
      // What the host's end sends is what the pod receives.
      if (uid !== undefined) found.set(uid, { rxBytes: txBytes, txBytes: rxBytes });
    }
  }

  async #readNamespace(containerId: string): Promise<NetworkCounters | undefined> {
    if (!this.#namespaces.has(containerId)) {
      const pid = await this.#pidOf(containerId).catch(() => undefined);
      this.#namespaces.set(containerId, pid ? `${this.#procRoot}/${pid}/net/dev` : undefined);
    }
    const path = this.#namespaces.get(containerId);
    if (path === undefined) return undefined;
    const file = kernelFile(path, true);
    const text = this.#files.read(file);
    // Open, it would keep the namespace, and with it the pod's link, after the pod has gone.
    this.#files.close(file);
    return text === undefined ? undefined : parseNamespaceNetDev(text);
  }
}
