import { formatQuantity } from '@gantry/api-types/quantity';

/** Cpu as metrics-server writes it, in billionths of a core, so that nothing is lost: `4057123n`; `0` for none. */
export function formatCpu(milli: number): string {
  const nanos = Math.round(milli * 1e6);
  return nanos === 0 ? '0' : `${nanos}n`;
}

/** Memory as metrics-server writes it, in whole kibibytes. */
export function formatMemory(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}

/** As Go prints a duration: `15.034s`, `1m0s`. */
export function formatWindow(ms: number): string {
  const seconds = Math.round(ms) / 1000;
  const minutes = Math.floor(seconds / 60);
  const rest = Number((seconds - minutes * 60).toFixed(3));
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** The value of a metric, to the thousandth: `7`, `1500m`. */
export function formatMetric(value: number): string {
  return formatQuantity({ nanos: BigInt(Math.round(value * 1000)) * 1_000_000n, format: 'DecimalSI' });
}
