import type { FastifyInstance, FastifyReply } from 'fastify';

/** `/healthz`, `/livez`, `/readyz`: the only routes that need no credentials. `isReady` is false until the caches are filled. */
export function registerHealthRoutes(app: FastifyInstance, isReady: () => boolean): void {
  const answer = (name: string, isGood: boolean, isVerbose: boolean, reply: FastifyReply) => {
    const checks = isVerbose ? `[${isGood ? '+' : '-'}]caches ${isGood ? 'ok' : 'failed'}\n` : '';
    const text = isGood ? (isVerbose ? `${checks}${name} check passed\n` : 'ok') : `${checks}${name} check failed\n`;
    return reply
      .code(isGood ? 200 : 500)
      .header('content-type', 'text/plain; charset=utf-8')
      .send(text);
  };
  for (const name of ['healthz', 'livez', 'readyz']) {
    app.get<{ Querystring: { verbose?: string } }>(`/${name}`, (request, reply) => {
      const isGood = name === 'livez' || isReady();
      return answer(name, isGood, request.query.verbose !== undefined, reply);
    });
  }
}
