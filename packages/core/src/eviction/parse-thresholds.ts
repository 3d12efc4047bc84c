import { parseBytes } from '@gantry/api-types/quantity';
import { type EvictionSignal, signalFacts, type Threshold } from './signals.ts';

/**
 * Reads the kubelet's `--eviction-hard`: `memory.available<100Mi,nodefs.available<10%`. Empty for no thresholds at all.
 * Throws an `Error` that names the part that is wrong.
 */
export function parseThresholds(text: string): readonly Threshold[] {
  const thresholds = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseThreshold);
  const signals = thresholds.map(({ signal }) => signal);
  const double = signals.find((signal, index) => signals.indexOf(signal) !== index);
  if (double !== undefined) throw new Error(`${double} is there twice`);
  return thresholds;
}

function parseThreshold(part: string): Threshold {
  const [signal = '', value, ...rest] = part.split('<').map((piece) => piece.trim());
  if (value === undefined || rest.length > 0) throw new Error(`"${part}" is not SIGNAL<QUANTITY or SIGNAL<PERCENT%`);
  if (!isSignal(signal)) {
    const known = Object.keys(signalFacts).filter((name) => name !== 'allocatableMemory.available');
    throw new Error(`"${signal}" is no eviction signal: they are ${known.join(', ')}`);
  }
  if (!value.endsWith('%')) return { signal, amount: { value: bytesOf(part, value) } };
  const percent = Number(value.slice(0, -1));
  if (value !== '%' && percent >= 0 && percent < 100) return { signal, amount: { percent } };
  throw new Error(`"${part}": a percentage is from 0% to less than 100%`);
}

function isSignal(text: string): text is EvictionSignal {
  // The one of the pods together goes with that of the node's memory.
  return Object.hasOwn(signalFacts, text) && text !== 'allocatableMemory.available';
}

function bytesOf(part: string, value: string): number {
  let bytes: number;
  try {
    bytes = parseBytes(value);
  } catch (error) {
    throw new Error(`"${part}": ${value} is not a quantity`, { cause: error });
  }
  if (bytes >= 0) return bytes;
  throw new Error(`"${part}": ${value} is less than 0`);
}
