import type { FastifyInstance } from 'fastify';
import type { RequestMeter } from '../../metrics/controller-instruments.ts';
import type { ResourceCall } from './http-context.ts';

/** As Kubernetes' own counts name verbs. */
const verbs: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
};

/** Remembers what a request is, for when it is answered. Only what is served is named: clients choose what they ask for. */
export function noteRequest(
  { request, kind, path }: Pick<ResourceCall, 'request' | 'kind' | 'path'>,
  verb: string,
): void {
  const { group, version, plural, subresources } = kind.definition;
  const subresource = subresources.some(({ name }) => name === path.subresource) ? (path.subresource ?? '') : '';
  request.metered = { verb: verbs[verb] ?? '', group, version, resource: plural, subresource };
}

/** Counts every answer of the scope's routes. What is no resource's, or was refused before, is counted by method only. */
export function meterRequests(scope: FastifyInstance, meter: RequestMeter): void {
  scope.addHook('onResponse', (request, reply, done) => {
    const { metered } = request;
    const asked = metered ?? { verb: request.method, group: '', version: '', resource: '', subresource: '' };
    // Followed logs and watches last as long as their readers like.
    const isLong = asked.verb === 'WATCH' || asked.subresource === 'log';
    meter.answered(asked, reply.statusCode, isLong ? undefined : reply.elapsedTime / 1000);
    done();
  });
}
