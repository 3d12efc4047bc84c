// What the shop's services share. Plain Node, no dependencies.
import { createServer, request } from 'node:http';

const { POD_NAME = 'unknown', NODE_NAME = 'unknown', PORT = '8080' } = process.env;
/** How long a pod that was told to stop goes on answering: others may not have heard of it yet. */
const drainMs = 2_000;

/** Who answered; every answer of the shop carries one of these per service it went through. */
export const self = (service) => ({ service, pod: POD_NAME, node: NODE_NAME });

/**
 * Serves `routes` (`METHOD /path` -> async (url, body) => answer) and /healthz until SIGTERM. Each answer is JSON, or
 * `{ html }`; an error answers 502 with its message.
 */
export function serve(service, routes) {
  let isStopping = false;
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://shop');
    if (url.pathname === '/healthz') {
      res.writeHead(isStopping ? 503 : 200).end();
      return;
    }
    // A connection that is kept alive would hold the stopping server up.
    if (isStopping) res.setHeader('connection', 'close');
    const route = routes[`${req.method} ${url.pathname}`];
    if (!route) {
      res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no such page"}\n');
      return;
    }
    try {
      const answer = await route(url, await readBody(req));
      const isPage = answer.html !== undefined;
      res.setHeader('content-type', isPage ? 'text/html; charset=utf-8' : 'application/json');
      res.end(isPage ? answer.html : `${JSON.stringify(answer)}\n`);
    } catch (error) {
      console.error(`${req.method} ${url.pathname}: ${error.message}`);
      res.writeHead(502, { 'content-type': 'application/json' });
      res.end(`${JSON.stringify({ error: error.message, ...self(service) })}\n`);
    }
  });
  server.listen(Number(PORT), () => console.log(`${service}: ${POD_NAME} on ${NODE_NAME} listens on ${PORT}`));
  process.on('SIGTERM', () => {
    isStopping = true;
    setTimeout(() => server.close(() => process.exit(0)), drainMs);
  });
}

/** Calls another service by its name, as JSON; a connection a call, so that the calls spread over its pods. */
export function call(method, address, body) {
  return new Promise((resolve, reject) => {
    const sent = request(address, { method, agent: false, timeout: 3_000 }, async (res) => {
      const text = (await readBody(res)) ?? '';
      if (res.statusCode === 200) resolve(JSON.parse(text));
      else reject(new Error(`${address} answered ${res.statusCode}: ${text.trim()}`));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 3 s')));
    sent.on('error', (error) => reject(new Error(`${address}: ${error.message}`)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function readBody(stream) {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (text.length > 100_000) throw new Error('the body is too large');
  }
  return text === '' ? undefined : text;
}
