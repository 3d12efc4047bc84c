import type { ResourceRequirements } from '../generated/types.ts';
import { canonicalQuantity, QuantityError } from '../quantity.ts';

/** The canonical form of a quantity; what is not one is left for validation to refuse. */
export function canonicalOrSame(quantity: string): string {
  try {
    // A client may send a bare number, which the wire format allows.
    return canonicalQuantity(String(quantity));
  } catch (error) {
    if (error instanceof QuantityError) return quantity;
    throw error;
  }
}

/** Rewrites every quantity of a resource list in its canonical form. */
export function canonicaliseQuantities(list: Record<string, string>): void {
  for (const name of Object.keys(list)) {
    const quantity = list[name];
    if (quantity === undefined) continue;
    const canonical = canonicalOrSame(quantity);
    if (canonical !== quantity) list[name] = canonical;
  }
}

/** A resource with a limit and no request requests its limit. */
export function fillRequestsFromLimits(resources: ResourceRequirements): void {
  const limits = resources.limits ?? {};
  for (const name of Object.keys(limits)) {
    const limit = limits[name];
    if (limit === undefined || resources.requests?.[name] !== undefined) continue;
    resources.requests ??= {};
    resources.requests[name] = limit;
  }
}
