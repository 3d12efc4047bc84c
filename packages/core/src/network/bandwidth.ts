import { parseBytes } from '@gantry/api-types/quantity';

/** The pod annotations by which Kubernetes' bandwidth plugin limits a pod's traffic. */
export const bandwidthAnnotations = {
  ingress: 'kubernetes.io/ingress-bandwidth',
  egress: 'kubernetes.io/egress-bandwidth',
} as const;

export interface PodBandwidth {
  /** Bits a second to the pod. */
  readonly ingressBitsPerSecond?: number;
  /** Bits a second from the pod. */
  readonly egressBitsPerSecond?: number;
}

/** The bounds of Kubernetes' own validation. */
const minBitsPerSecond = 1_000;
const maxBitsPerSecond = 1e15;

/** What a pod's annotations ask for. Throws an `Error` that names the annotation where one is no rate. */
export function parseBandwidth(annotations: Readonly<Record<string, string>> | undefined): PodBandwidth {
  const ingress = rateOf(annotations, bandwidthAnnotations.ingress);
  const egress = rateOf(annotations, bandwidthAnnotations.egress);
  return {
    ...(ingress === undefined ? {} : { ingressBitsPerSecond: ingress }),
    ...(egress === undefined ? {} : { egressBitsPerSecond: egress }),
  };
}

function rateOf(annotations: Readonly<Record<string, string>> | undefined, name: string): number | undefined {
  const text = annotations?.[name];
  if (text === undefined) return undefined;
  let rate: number;
  try {
    rate = parseBytes(text);
  } catch (error) {
    throw new Error(`annotation ${name}: ${text} is not a quantity such as 10M (bits a second)`, { cause: error });
  }
  if (rate >= minBitsPerSecond && rate <= maxBitsPerSecond) return rate;
  throw new Error(`annotation ${name}: ${text} is not between 1k and 1P (bits a second)`);
}
