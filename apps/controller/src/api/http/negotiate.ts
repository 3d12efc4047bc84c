import { ApiError } from '@gantry/api-types';

/** How a client wants objects written. */
export type Format =
  | { readonly type: 'json' }
  | { readonly type: 'yaml' }
  /** Server-side printing, of `meta.k8s.io/<version>`. */
  | { readonly type: 'table'; readonly version: string }
  /** Metadata only, as garbage collectors and metadata informers ask for it. */
  | { readonly type: 'partial'; readonly version: string };

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const json: Format = { type: 'json' };
const yaml: Format = { type: 'yaml' };
const metaVersions: ReadonlySet<string> = new Set(['v1', 'v1beta1']);

/**
 * Chooses by the Accept header, the client's order deciding among equal q-values. Protobuf is never written: clients
 * that prefer it name JSON as well. Throws 406 where nothing fits.
 */
export function negotiateFormat(accept: string | undefined): Format {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return json;
  for (const range of parseAccept(accept)) {
    const format = formatOf(range);
    if (format) return format;
  }
  throw notAcceptable();
}

/** The media ranges of an Accept header, best first. */
export function parseAccept(accept: string): MediaRange[] {
  const ranges = accept.split(',').map(parseRange);
  return ranges.filter((range) => range.quality > 0).sort((a, b) => b.quality - a.quality);
}

/** 406 in Kubernetes' words. */
export function notAcceptable(): ApiError {
  return new ApiError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  );
}

function formatOf(range: MediaRange): Format | undefined {
  const { type, parameters } = range;
  const isJson = type === 'application/json' || type === 'application/*' || type === '*/*';
  const as = parameters.get('as');
  if (as !== undefined) {
    const version = parameters.get('v') ?? '';
    if (!isJson || !metaVersions.has(version) || parameters.get('g') !== 'meta.k8s.io') return undefined;
    if (as === 'Table') return { type: 'table', version };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { type: 'partial', version };
    return undefined;
  }
  if (isJson) return json;
  return type === 'application/yaml' ? yaml : undefined;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const equals = parameter.indexOf('=');
    if (equals > 0) parameters.set(parameter.slice(0, equals).toLowerCase(), parameter.slice(equals + 1));
  }
  const quality = Number(parameters.get('q') ?? '1');
  return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 1 };
}

/** {@link negotiateFormat} with the few headers that real clients send remembered. */
export function createNegotiator(): (accept: string | undefined) => Format {
  const known = new Map<string, Format>();
  const maxKnown = 100;
  return (accept) => {
    if (accept === undefined) return json;
    let format = known.get(accept);
    if (!format) {
      format = negotiateFormat(accept);
      if (known.size < maxKnown) known.set(accept, format);
    }
    return format;
  };
}
