import { formatQuantity, quantityOf } from '@gantry/api-types/quantity';

const nanosPerMilli = 1_000_000n;

/** Thousandths as Kubernetes writes measured values: `150m`, `12`, `1k`. */
export function formatMilli(milli: number): string {
  return formatQuantity({ nanos: BigInt(Math.round(milli)) * nanosPerMilli, format: 'DecimalSI' });
}

/** A quantity in thousandths, rounded up. */
export function parseMilli(text: string): number {
  const { nanos } = quantityOf(text);
  const whole = nanos / nanosPerMilli;
  return Number(whole) + (whole * nanosPerMilli < nanos ? 1 : 0);
}
