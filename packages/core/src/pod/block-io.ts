import { parseBytes } from '@gantry/api-types/quantity';

/** The prefix of the annotations that limit block I/O, for which Kubernetes has no field. */
export const blockIoPrefix = 'blkio.gantry.io/';

/** What one container may read from and write to each disk, a second, and its share of a busy one. */
export interface BlockIoLimits {
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly readOperations?: number;
  readonly writeOperations?: number;
  /** 10 to 1000; 500 is what everybody else has. */
  readonly weight?: number;
}

interface Setting {
  readonly field: keyof BlockIoLimits;
  readonly minimum: number;
  readonly maximum: number;
  readonly what: string;
}

const bytes = { minimum: 1, maximum: 2 ** 53, what: 'a quantity such as 10M (bytes a second)' } as const;
const operations = { minimum: 1, maximum: 2 ** 31, what: 'a quantity such as 500 (operations a second)' } as const;

const settings: Readonly<Record<string, Setting>> = {
  'read-bps': { field: 'readBytes', ...bytes },
  'write-bps': { field: 'writeBytes', ...bytes },
  'read-iops': { field: 'readOperations', ...operations },
  'write-iops': { field: 'writeOperations', ...operations },
  weight: { field: 'weight', minimum: 10, maximum: 1000, what: 'a weight from 10 to 1000' },
};

/**
 * The limits that a pod's annotations set for each of its containers: `blkio.gantry.io/write-bps` for all of them,
 * `blkio.gantry.io/write-bps.NAME` for one. Throws an `Error` that names the annotation where one is wrong.
 */
export function parseBlockIo(
  annotations: Readonly<Record<string, string>> | undefined,
  containers: readonly string[],
): ReadonlyMap<string, BlockIoLimits> {
  const common: Partial<Record<keyof BlockIoLimits, number>> = {};
  const own = new Map<string, Partial<Record<keyof BlockIoLimits, number>>>();
  for (const [annotation, text] of Object.entries(annotations ?? {})) {
    if (!annotation.startsWith(blockIoPrefix)) continue;
    const { setting, container } = nameOf(annotation);
    if (container !== undefined && !containers.includes(container)) {
      throw new Error(`annotation ${annotation}: the pod has no container "${container}"`);
    }
    const target = container === undefined ? common : (own.get(container) ?? {});
    target[setting.field] = amountOf(annotation, text, setting);
    if (container !== undefined) own.set(container, target);
  }
  const merged = containers.map((name) => [name, { ...common, ...own.get(name) }] as const);
  return new Map(merged.filter(([, limits]) => Object.keys(limits).length > 0));
}

function nameOf(annotation: string): { readonly setting: Setting; readonly container: string | undefined } {
  const name = annotation.slice(blockIoPrefix.length);
  const dot = name.indexOf('.');
  const key = dot < 0 ? name : name.slice(0, dot);
  const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (setting) return { setting, container: dot < 0 ? undefined : name.slice(dot + 1) };
  const known = Object.keys(settings).join(', ');
  throw new Error(`annotation ${annotation}: there is no such limit of block I/O, only ${known}`);
}

function amountOf(annotation: string, text: string, { minimum, maximum, what }: Setting): number {
  let value: number;
  try {
    value = parseBytes(text);
  } catch (error) {
    throw new Error(`annotation ${annotation}: "${text}" is not ${what}`, { cause: error });
  }
  if (value >= minimum && value <= maximum) return value;
  throw new Error(`annotation ${annotation}: "${text}" is not ${what}`);
}
