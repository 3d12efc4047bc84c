import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../../auth/token-store.ts';
import type { User } from '../../auth/user.ts';
import type { MeteredRequest } from '../../metrics/controller-instruments.ts';
import type { ComputedApi } from '../computed-api.ts';
import type { AnyVersion, ApiContext } from '../context.ts';
import type { ServedKind } from '../registry.ts';
import type { Review } from '../reviews.ts';
import type { ActiveWatches } from '../watch/active-watches.ts';
import type { Format } from './negotiate.ts';
import type { ResourcePath } from './path.ts';
import type { Query } from './query.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook for every route but health. */
    user: User | undefined;
    /** What it asked for, once that is known; for the counts of requests. */
    metered: MeteredRequest | undefined;
  }
}

/** What the HTTP layer works with beside the handlers' context. */
export interface HttpContext {
  readonly api: ApiContext;
  readonly auth: Authenticator;
  readonly watches: ActiveWatches;
  /** Resources that are only ever POSTed: Kubernetes' and Gantry's own. */
  readonly reviews: readonly Review[];
  /** Group versions that no stored kinds stand behind: metrics. */
  readonly computed: readonly ComputedApi[];
  /** Aborted when the server closes: ends streams that would otherwise outlive it. */
  readonly closing: AbortSignal;
  readonly negotiate: (accept: string | undefined) => Format;
}

/** One authorized request for a served kind. */
export interface ResourceCall {
  readonly http: HttpContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly path: ResourcePath;
  readonly kind: ServedKind;
  /** Set where the path names another version than the one that the kind works with. */
  readonly version?: AnyVersion | undefined;
  readonly query: Query;
  readonly user: User;
}
