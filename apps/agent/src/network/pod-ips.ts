import { formatIp, parseCidr } from '@gantry/core/network/pod-cidr';

/** Hands out the addresses of a node's pod CIDR, each to one pod; the network's, the gateway's and the broadcast stay out. */
export class PodIps {
  readonly #first: number;
  readonly #count: number;
  readonly #ownerByIp = new Map<string, string>();
  readonly #ipByOwner = new Map<string, string>();
  /** An address given back is used again as late as possible, since others may still remember it. */
  #next = 0;

  /** Throws where `podCidr` is no IPv4 range with room for pods. */
  constructor(podCidr: string) {
    const cidr = parseCidr(podCidr);
    if (!cidr || cidr.prefix > 29) throw new Error(`the pod CIDR ${podCidr} is not an IPv4 range of /29 or larger`);
    this.#first = cidr.base + 2;
    this.#count = 2 ** (32 - cidr.prefix) - 3;
  }

  /** An address for the pod, the one it has where it has one; undefined where all are taken. */
  allocate(podUid: string): string | undefined {
    const known = this.#ipByOwner.get(podUid);
    if (known !== undefined) return known;
    for (let tried = 0; tried < this.#count; tried += 1) {
      const ip = formatIp(this.#first + ((this.#next + tried) % this.#count));
      if (this.#ownerByIp.has(ip)) continue;
      this.#next = (this.#next + tried + 1) % this.#count;
      this.#note(podUid, ip);
      return ip;
    }
    return undefined;
  }

  /** Notes an address that a pod was found with; false where another pod has it, or the pod has another. */
  claim(podUid: string, ip: string): boolean {
    const owner = this.#ownerByIp.get(ip);
    if (owner !== undefined && owner !== podUid) return false;
    if ((this.#ipByOwner.get(podUid) ?? ip) !== ip) return false;
    this.#note(podUid, ip);
    return true;
  }

  /** The address that the pod has. */
  ipOf(podUid: string): string | undefined {
    return this.#ipByOwner.get(podUid);
  }

  /** All addresses that pods have. */
  taken(): string[] {
    return [...this.#ownerByIp.keys()];
  }

  /** Gives the pod's address back; does nothing where it has none. */
  release(podUid: string): void {
    const ip = this.#ipByOwner.get(podUid);
    if (ip === undefined) return;
    this.#ipByOwner.delete(podUid);
    this.#ownerByIp.delete(ip);
  }

  #note(podUid: string, ip: string): void {
    this.#ownerByIp.set(ip, podUid);
    this.#ipByOwner.set(podUid, ip);
  }
}
