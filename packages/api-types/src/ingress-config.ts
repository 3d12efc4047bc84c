/** Where a request may be sent; all targets of a path are equally good. */
export interface IngressTarget {
  readonly host: string;
  readonly port: number;
}

export interface IngressPathRoute {
  readonly type: 'Exact' | 'Prefix';
  readonly path: string;
  /** Empty where no pod is ready: such a request is answered 503. */
  readonly targets: readonly IngressTarget[];
  /** `namespace/service`, for messages. */
  readonly service: string;
}

export interface IngressHostRoutes {
  /** `shop.example`, `*.example` for exactly one label more, '' for any host. */
  readonly host: string;
  readonly paths: readonly IngressPathRoute[];
}

/** A certificate chain and its key, PEM. */
export interface IngressCertificate {
  /** Host names, `*.` included, that it is shown for; none: for those that no other is for. */
  readonly hosts: readonly string[];
  readonly certificate: string;
  readonly key: string;
}

/** All that the Ingresses of a cluster ask for, with endpoints instead of Services: what a node's proxy carries out. */
export interface IngressConfig {
  readonly hosts: readonly IngressHostRoutes[];
  /** Where no host and path match. */
  readonly defaultRoute?: IngressPathRoute;
  readonly certificates: readonly IngressCertificate[];
}

/** The annotation in which a Node says where its proxy listens: {@link formatIngressAnnotation}. */
export const ingressAnnotation = 'gantry.io/ingress';

/** Where a node's proxy is reached. */
export interface IngressListener {
  readonly address: string;
  readonly httpPort?: number;
  readonly httpsPort?: number;
}

/** `http://192.0.2.1:30080 https://192.0.2.1:30443`. */
export function formatIngressAnnotation({ address, httpPort, httpsPort }: IngressListener): string {
  const host = address.includes(':') ? `[${address}]` : address;
  const urls = [
    ...(httpPort === undefined ? [] : [`http://${host}:${httpPort}`]),
    ...(httpsPort === undefined ? [] : [`https://${host}:${httpsPort}`]),
  ];
  return urls.join(' ');
}

/** The inverse of {@link formatIngressAnnotation}; undefined where there is no listener or it cannot be read. */
export function parseIngressAnnotation(text: string | undefined): IngressListener | undefined {
  const urls = (text ?? '').split(' ').flatMap((url) => (URL.canParse(url) ? [new URL(url)] : []));
  const [first] = urls;
  if (!first) return undefined;
  const portOf = (protocol: string, usual: number) => {
    const found = urls.find((url) => url.protocol === protocol);
    return found && Number(found.port || usual);
  };
  const [httpPort, httpsPort] = [portOf('http:', 80), portOf('https:', 443)];
  return {
    address: first.hostname.replace(/^\[|\]$/g, ''),
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(httpsPort === undefined ? {} : { httpsPort }),
  };
}
