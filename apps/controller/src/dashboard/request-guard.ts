import type { IncomingHttpHeaders } from 'node:http';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Why a request must not be answered, or undefined. A page elsewhere could point its own host name at 127.0.0.1 (DNS
 * rebinding), so Host must name the loopback; it could post to us, so Origin must be our own. The port is free: the
 * dashboard may be reached through a forwarded one.
 */
export function refuseRequest(headers: IncomingHttpHeaders): string | undefined {
  const host = headers.host ?? '';
  const name = host.replace(/:\d+$/, '');
  if (!loopbackNames.has(name.toLowerCase())) {
    return `the dashboard answers to 127.0.0.1 and localhost only, not to ${JSON.stringify(name)}; use a forwarded port`;
  }
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return 'requests from other sites are refused';
  }
  return undefined;
}

/**
 * Why a request to the API must not be answered, or undefined: where the browser says what caused it, that must be our
 * own page (or the operator's typing). Pages on other ports of this host get our cookie along, and without an Origin.
 */
export function refuseForeignFetch(headers: IncomingHttpHeaders): string | undefined {
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none'
    ? undefined
    : 'requests from other sites are refused';
}

/** Headers of every answer. Styles set by script (tile positions) are not inline styles to the policy. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** The content security policy of pages; `scriptHash` admits one inline script. */
export function contentSecurityPolicy(scriptHash?: string): string {
  const script = scriptHash ? `'self' '${scriptHash}'` : `'self'`;
  return `default-src 'none'; script-src ${script}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
