import type { FeedFrame } from '@gantry/api-types/feed';

/** Flights in one frame beyond which tiles jump instead: more cannot be followed and would cost frames. */
const maxFlights = 150;
const flightMs = 260;
const easing = 'cubic-bezier(.2,.7,.2,1)';

/**
 * Animates what the feed reports and nothing else: a tile that appears grows, one whose pod was bound or rescheduled flies
 * from where it was, one that is gone shrinks. Positions are read just before the frame that changes them is applied.
 */
export class TileMotion {
  readonly #elements = new Map<string, HTMLElement>();
  readonly #before = new Map<string, DOMRect>();
  #entering: { readonly element: HTMLElement; readonly from: DOMRect | undefined }[] = [];
  #flights = 0;
  #isArmed = false;

  /** Call with the frames about to be applied: remembers where the tiles that will change are now. */
  capture(frames: readonly FeedFrame[]): void {
    this.#before.clear();
    this.#flights = 0;
    // The first snapshot paints a whole cluster at once: that is a page load, not an event.
    this.#isArmed = frames.every((frame) => frame.type !== 'snapshot');
    if (!this.#isArmed) return;
    const pods = frames.flatMap((frame) => (frame.type === 'delta' ? (frame.changes.pods?.set ?? []) : []));
    if (pods.length > maxFlights) return;
    for (const pod of pods) {
      const element = this.#elements.get(pod.uid);
      if (element) this.#before.set(pod.uid, element.getBoundingClientRect());
    }
  }

  /** A tile is on the page: start its animation. The returned function ends its life. */
  enter(uid: string, element: HTMLElement): () => void {
    this.#elements.set(uid, element);
    if (this.#isArmed && this.#flights < maxFlights) {
      this.#flights++;
      if (this.#entering.push({ element, from: this.#before.get(uid) }) === 1) queueMicrotask(() => this.#takeOff());
    }
    return () => {
      if (this.#elements.get(uid) === element) this.#elements.delete(uid);
    };
  }

  /** The pod of a tile is gone: a copy of it fades where it was. */
  leave(element: HTMLElement): void {
    if (!this.#isArmed || this.#flights >= maxFlights || !element.isConnected) return;
    this.#flights++;
    const box = element.getBoundingClientRect();
    const ghost = element.cloneNode(true) as HTMLElement;
    ghost.removeAttribute('id');
    ghost.removeAttribute('data-uid');
    ghost.setAttribute('aria-hidden', 'true');
    ghost.inert = true;
    ghost.className = `${ghost.className} tile-leaving`;
    // Set through the CSSOM: the page's content security policy forbids style attributes.
    Object.assign(ghost.style, {
      left: `${box.left}px`,
      top: `${box.top}px`,
      width: `${box.width}px`,
      height: `${box.height}px`,
      transform: 'none',
    });
    document.body.append(ghost);
    const end = isMotionReduced() ? { opacity: 0 } : { opacity: 0, scale: '0.3' };
    ghost.animate([{ opacity: 0.9 }, end], { duration: flightMs, easing }).onfinish = () => ghost.remove();
  }

  /** Once all tiles of a frame are there: every place is read before anything is changed, so that they cost one layout. */
  #takeOff(): void {
    const isReduced = isMotionReduced();
    const flights = this.#entering.splice(0).map(({ element, from }) => ({
      element,
      from,
      to: from && !isReduced ? element.getBoundingClientRect() : undefined,
    }));
    for (const { element, from, to } of flights) {
      if (from && to) this.#fly(element, from, to);
      else
        element.animate([isReduced ? { opacity: 0 } : { opacity: 0, scale: '0.4' }, { opacity: 1 }], {
          duration: flightMs,
          easing,
        });
    }
  }

  #fly(element: HTMLElement, from: DOMRect, to: DOMRect): void {
    const shift = `${from.left - to.left}px ${from.top - to.top}px`;
    element.classList.add('tile-flying');
    const flight = element.animate(
      [
        { translate: shift, scale: `${from.width / Math.max(1, to.width)} ${from.height / Math.max(1, to.height)}` },
        { translate: '0 0', scale: '1 1' },
      ],
      { duration: flightMs, easing },
    );
    flight.onfinish = flight.oncancel = () => element.classList.remove('tile-flying');
  }
}

function isMotionReduced(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
