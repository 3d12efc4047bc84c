import { type Dip, dipOf, type Loss, type LossBook, type ReadyStep } from './loss-book.ts';

/** What was ready this long before the loss is the level that a dip is measured from, milliseconds. */
const beforeMs = 1_000;

/** The fall in the ready endpoints of one Service that a lost node brought. */
export interface ServiceDip {
  /** `namespace/name`. */
  readonly service: string;
  readonly dip: Dip;
  /** From the level before the fall until it was over, for drawing. */
  readonly steps: readonly ReadyStep[];
  /** Server time where the steps begin, milliseconds since the epoch. */
  readonly from: number;
}

/**
 * The falls that are the node's doing: of Services with endpoints on it, until they have as many as before or the node is
 * back. What falls later has other causes. None of a Service of which nobody saw how many it had before.
 */
export function serviceDips(book: LossBook, loss: Loss, now: number): ServiceDip[] {
  const { backAt } = loss;
  const from = loss.lostAt - beforeMs;
  return [...book.servicesOn(loss.node)].flatMap((service) => {
    const steps = book.stepsOf(service, from);
    if ((steps[0]?.at ?? now) > loss.lostAt) return [];
    const seen = backAt === undefined ? steps : steps.filter(({ at }) => at <= backAt);
    const dip = dipOf(seen, backAt ?? now);
    return dip ? [{ service, dip, steps: seen.filter(({ at }) => at <= dip.until), from }] : [];
  });
}
