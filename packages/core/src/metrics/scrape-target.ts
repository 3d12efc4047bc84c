import type { Pod } from '@gantry/api-types';

/** The annotations that Prometheus' own examples made usual. */
export const scrapeAnnotations = {
  scrape: 'prometheus.io/scrape',
  port: 'prometheus.io/port',
  path: 'prometheus.io/path',
  scheme: 'prometheus.io/scheme',
} as const;

/** On a pod: its series are external metrics of its namespace, as those of an exporter for a queue. */
export const externalMetricsAnnotation = 'gantry.io/external-metrics';

/** Where a pod serves metrics, within its own network. */
export interface ScrapeTarget {
  readonly scheme: 'http' | 'https';
  readonly port: number;
  readonly path: string;
}

/**
 * What the pod's annotations ask for: port (default: the first that a container declares, else 80), path (`/metrics`) and
 * scheme (`http`). Undefined where it is not to be scraped, or what it says makes no sense.
 */
export function scrapeTargetOf(pod: Pick<Pod, 'metadata' | 'spec'>): ScrapeTarget | undefined {
  const { annotations = {} } = pod.metadata;
  if (annotations[scrapeAnnotations.scrape] !== 'true') return undefined;
  const port = Number(annotations[scrapeAnnotations.port] ?? firstPortOf(pod) ?? 80);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const path = annotations[scrapeAnnotations.path] ?? '/metrics';
  const scheme = annotations[scrapeAnnotations.scheme] === 'https' ? 'https' : 'http';
  return { scheme, port, path: path.startsWith('/') ? path : `/${path}` };
}

function firstPortOf({ spec }: Pick<Pod, 'spec'>): number | undefined {
  return spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
}
