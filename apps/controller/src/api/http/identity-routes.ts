import type { FastifyInstance } from 'fastify';
import { tokenAlgorithm } from '../../auth/service-account-key.ts';
import type { ServiceAccountTokens } from '../../auth/service-account-tokens.ts';
import { tokenIssuer } from '../../auth/service-account-tokens.ts';
import { sendJson } from './respond.ts';

/** How others check the tokens of service accounts: OpenID discovery and the public keys. */
export function registerIdentityRoutes(app: FastifyInstance, tokens: ServiceAccountTokens): void {
  app.get('/.well-known/openid-configuration', (request, reply) =>
    sendJson(reply, {
      issuer: tokenIssuer,
      jwks_uri: `https://${request.headers.host ?? 'kubernetes.default.svc'}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [tokenAlgorithm],
    }),
  );
  app.get('/openid/v1/jwks', (_request, reply) =>
    reply.header('content-type', 'application/jwk-set+json').send(Buffer.from(JSON.stringify(tokens.jwks))),
  );
}
