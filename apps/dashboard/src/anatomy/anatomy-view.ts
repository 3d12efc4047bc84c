import type { ImageLayer, KernelFact, StartPhase, StartPhaseName } from '@gantry/api-types';

const phaseNames: Readonly<Record<StartPhaseName, string>> = {
  scheduling: 'Scheduling',
  preparing: 'Address, cgroup, volumes',
  pulling: 'Pulling the image',
  queueing: 'Waiting for its turn',
  creating: 'Creating',
  starting: 'Starting',
  networking: 'Connecting the network',
  postStart: 'postStart hook',
  becomingReady: 'Becoming ready',
};

export interface WaterfallRow {
  readonly key: string;
  readonly name: string;
  readonly container: string | undefined;
  /** Where the bar begins, and how long it is, in hundredths of the whole start. */
  readonly left: number;
  readonly width: number;
  readonly took: string;
}

/** The phases of a start, each where it lay between the beginning of the first and the end of the last. */
export function waterfallRows(phases: readonly StartPhase[]): readonly WaterfallRow[] {
  const from = Math.min(...phases.map(({ startedAt }) => startedAt));
  const total = Math.max(1, ...phases.map(({ startedAt, durationMs }) => startedAt + durationMs - from));
  return phases.map(({ phase, container, startedAt, durationMs, source }) => ({
    key: `${phase}/${container ?? ''}`,
    name: phaseNames[phase],
    container,
    left: round((100 * (startedAt - from)) / total),
    // A bar of nothing is still there to be seen.
    width: Math.max(0.8, round((100 * durationMs) / total)),
    took: source === 'conditions' ? `${durationMs / 1000} s, rounded` : formatMs(durationMs),
  }));
}

/** `12 ms`, `1.24 s`. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Sizes as image tools write them: `155.2 MB`. */
export function formatMegabytes(bytes: number | undefined): string {
  if (bytes === undefined) return 'size unknown';
  if (bytes < 100_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

export interface LayerSegment {
  /** An image may have the same layer twice. */
  readonly key: string;
  readonly layer: ImageLayer;
  /** In hundredths of the image. */
  readonly width: number;
  readonly isShared: boolean;
}

/** The layers of an image side by side; each as wide as the others where the engine tells no sizes. */
export function layerSegments(layers: readonly ImageLayer[]): readonly LayerSegment[] {
  const hasSizes = layers.every(({ sizeBytes }) => sizeBytes !== undefined);
  const weights = layers.map(({ sizeBytes }) => (hasSizes ? (sizeBytes ?? 0) : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  return layers.map((layer, index) => ({
    key: `${index} ${layer.diffId}`,
    layer,
    width: round((100 * (weights[index] ?? 0)) / total),
    isShared: layer.sharedCount > 0,
  }));
}

/** `3 of 5 layers (120.4 MB of 155.2 MB) are also other images’`. */
export function sharedWords(layers: readonly ImageLayer[]): string {
  const shared = layers.filter(({ sharedCount }) => sharedCount > 0);
  const sum = (some: readonly ImageLayer[]) => some.reduce((total, { sizeBytes }) => total + (sizeBytes ?? 0), 0);
  const hasSizes = layers.length > 0 && layers.every(({ sizeBytes }) => sizeBytes !== undefined);
  const sizes = hasSizes ? ` (${formatMegabytes(sum(shared))} of ${formatMegabytes(sum(layers))})` : '';
  if (shared.length === 0) return `No other image on the node lies on its ${plural(layers.length, 'layer')}${sizes}.`;
  return `Other images on the node lie on ${shared.length} of its ${plural(layers.length, 'layer')}${sizes}.`;
}

/** `4 values are as the YAML says`, `1 of 4 values differs from the YAML`. */
export function agreementWords(facts: readonly KernelFact[]): string {
  const declared = facts.flatMap((fact) => (fact.declared ? [fact.declared] : []));
  const differing = declared.filter(({ agrees }) => !agrees).length;
  if (declared.length === 0) return '';
  if (differing === 0) return `All ${declared.length} declared values are as the YAML says.`;
  return `${differing} of ${declared.length} declared values ${differing === 1 ? 'differs' : 'differ'} from the YAML.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
