/** How far a pull has come. Bytes are compressed ones, of the layers whose download has begun. */
export interface PullProgress {
  readonly layers: number;
  /** Layers that are unpacked, or were there before. */
  readonly layersDone: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

interface ProgressLine {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly progressDetail?: { readonly current?: unknown; readonly total?: unknown };
}

interface Layer {
  bytes: number;
  totalBytes: number;
  isDone: boolean;
}

const layerStatuses =
  /^(Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists|Layer already exists)$/;

/** Adds up the engine's progress messages of one pull, which come per layer. */
export class PullMeter {
  readonly #layers = new Map<string, Layer>();

  /** Takes one parsed line of the engine's answer; true where it tells of a layer. */
  add(line: ProgressLine): boolean {
    const { id, status, progressDetail: detail } = line;
    if (typeof id !== 'string' || typeof status !== 'string' || !layerStatuses.test(status)) return false;
    const layer = this.#layers.get(id) ?? { bytes: 0, totalBytes: 0, isDone: false };
    this.#layers.set(id, layer);
    if (status === 'Downloading' && typeof detail?.current === 'number' && typeof detail.total === 'number') {
      layer.bytes = detail.current;
      layer.totalBytes = Math.max(detail.total, 0);
    }
    if (status === 'Download complete' || status === 'Extracting') layer.bytes = layer.totalBytes;
    if (status === 'Pull complete' || /lready exists$/.test(status)) layer.isDone = true;
    return true;
  }

  progress(): PullProgress {
    const layers = [...this.#layers.values()];
    const sum = (of: (layer: Layer) => number) => layers.reduce((total, layer) => total + of(layer), 0);
    return {
      layers: layers.length,
      layersDone: sum(({ isDone }) => Number(isDone)),
      bytes: sum(({ bytes }) => bytes),
      totalBytes: sum(({ totalBytes }) => totalBytes),
    };
  }
}
