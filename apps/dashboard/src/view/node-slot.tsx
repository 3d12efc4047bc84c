import { type ReactNode, useEffect, useRef, useState } from 'react';

export interface NodeSlotProps {
  readonly name: string;
  readonly children: ReactNode;
}

/** Cards this far outside of what is seen are drawn already. */
const margin = '300px';
/** Pixels: about the height of a card, until it has been drawn once. */
const firstHeight = 190;

/** A place for a node in a large fleet: its card is there while it can be seen, or nearly; else only its name is. */
export function NodeSlot({ name, children }: NodeSlotProps): ReactNode {
  const ref = useRef<HTMLDivElement>(null);
  const height = useRef(firstHeight);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1);
        if (!entry) return;
        if (!entry.isIntersecting && element.clientHeight > 0) height.current = element.clientHeight;
        setNear(entry.isIntersecting);
      },
      { root: element.closest('.stage'), rootMargin: margin },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={ref}>
      {isNear ? (
        children
      ) : (
        <article className="node is-far" aria-label={name} style={{ height: height.current }}>
          <h3>{name}</h3>
        </article>
      )}
    </div>
  );
}
