/** What the ring needs to know of an event. */
export interface RingEntry {
  readonly current: { readonly revision: number; readonly bytes: { readonly length: number } };
}

export interface RingLimits {
  readonly maxEvents: number;
  /** Of JSON text; parsed objects take several times as much. */
  readonly maxBytes: number;
}

/** The latest events of a resource, oldest dropped first. */
export class EventRing<E extends RingEntry> {
  readonly #limits: RingLimits;
  readonly #slots: (E | undefined)[];
  #first = 0;
  #size = 0;
  #bytes = 0;
  #startRevision: number;

  /** Holds everything that happens after `startRevision` until it is full. */
  constructor(startRevision: number, limits: RingLimits) {
    this.#startRevision = startRevision;
    this.#limits = limits;
    this.#slots = new Array<E | undefined>(limits.maxEvents).fill(undefined);
  }

  /** Every event after this revision is here. */
  get startRevision(): number {
    return this.#startRevision;
  }

  push(event: E): void {
    if (this.#size === this.#slots.length) this.#dropFirst();
    this.#slots[(this.#first + this.#size) % this.#slots.length] = event;
    this.#size += 1;
    this.#bytes += event.current.bytes.length;
    while (this.#bytes > this.#limits.maxBytes && this.#size > 1) this.#dropFirst();
  }

  /** The events after `revision`, which must not be below `startRevision`. */
  after(revision: number): E[] {
    const events: E[] = [];
    for (let offset = this.#offsetAfter(revision); offset < this.#size; offset += 1) {
      const event = this.#at(offset);
      if (event) events.push(event);
    }
    return events;
  }

  #at(offset: number): E | undefined {
    return this.#slots[(this.#first + offset) % this.#slots.length];
  }

  /** Offset of the first event after `revision`, by bisection. */
  #offsetAfter(revision: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#at(middle)?.current.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #dropFirst(): void {
    const dropped = this.#at(0);
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#size -= 1;
    if (!dropped) return;
    this.#bytes -= dropped.current.bytes.length;
    this.#startRevision = dropped.current.revision;
  }
}
