import type {
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReviewSpec,
  TokenReview,
  TokenReviewStatus,
} from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import { authorize, authorizePath } from '../auth/authorize.ts';
import type { Authenticator } from '../auth/token-store.ts';
import { type User, userNamed } from '../auth/user.ts';
import type { AnyObject } from './context.ts';
import type { DiscoveredResource } from './discovery.ts';

/** A kind that is only ever POSTed: it asks a question, and the answer is its status. */
export interface Review extends DiscoveredResource {
  /** The question is only who asks: the body is not read. */
  readonly ignoresBody?: boolean;
  /** Asking needs the right to create this resource; asking about oneself does not. */
  readonly isRestricted?: boolean;
  /** The body is plain JSON, which `answer` checks: Gantry's own questions are in no schema of Kubernetes. */
  readonly isPlain?: boolean;
  answer(asked: Asked, request: AnyObject): object | Promise<object>;
}

/** Who asks, of whom and when. */
export interface Asked {
  readonly user: User;
  readonly auth: Authenticator;
  readonly now: number;
}

const common = {
  version: 'v1',
  singular: '',
  isNamespaced: false,
  verbs: ['create'],
  shortNames: [],
  categories: [],
  subresources: [],
} as const;

const accessReview: Review = {
  ...common,
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  answer({ user }, request) {
    const { spec } = request as unknown as SelfSubjectAccessReview;
    return { ...request, status: accessStatus(user, spec) };
  },
};

function accessStatus(user: User, spec: SelfSubjectAccessReview['spec'] | undefined): object {
  const allowed = isAllowed(user, spec);
  return { allowed, ...(allowed ? {} : { reason: `user "${user.name}" has no such right` }) };
}

/** The same about somebody else, in all namespaces or in one. */
function subjectReview(kind: 'SubjectAccessReview' | 'LocalSubjectAccessReview'): Review {
  const singular = kind.toLowerCase();
  return {
    ...common,
    group: 'authorization.k8s.io',
    kind,
    plural: `${singular}s`,
    singular,
    isNamespaced: kind === 'LocalSubjectAccessReview',
    isRestricted: true,
    answer(_asked, request) {
      const { spec } = request as unknown as { spec?: SubjectAccessReviewSpec };
      return { ...request, status: accessStatus(userNamed(spec?.user ?? '', spec?.groups ?? []), spec) };
    },
  };
}

const tokenReview: Review = {
  ...common,
  group: 'authentication.k8s.io',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  singular: 'tokenreview',
  isRestricted: true,
  answer({ auth }, request) {
    const { spec } = request as unknown as Partial<TokenReview>;
    const found = auth.review(spec?.token ?? '', spec?.audiences ?? []);
    if (!found) return { ...request, status: { user: {}, error: 'the token is not valid' } };
    const status: TokenReviewStatus = {
      authenticated: true,
      user: userInfoOf(found.user),
      audiences: [...found.audiences],
    };
    return { ...request, status };
  },
};

function userInfoOf({ name, groups, uid, extra }: User) {
  const details = Object.entries(extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    username: name,
    ...(uid ? { uid } : {}),
    groups: [...groups],
    ...(details.length > 0 ? { extra: Object.fromEntries(details) } : {}),
  };
}

function isAllowed(user: User, spec: SelfSubjectAccessReview['spec'] | undefined): boolean {
  const { resourceAttributes: asked, nonResourceAttributes } = spec ?? {};
  if (asked) {
    return authorize(user, {
      verb: asked.verb ?? '',
      group: asked.group ?? '',
      resource: asked.resource ?? '',
      subresource: asked.subresource || undefined,
      namespace: asked.namespace || undefined,
      name: asked.name || undefined,
    });
  }
  return authorizePath(user, nonResourceAttributes?.verb ?? '', nonResourceAttributes?.path ?? '');
}

const rulesReview: Review = {
  ...common,
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  answer({ user }, request) {
    return { ...(request as unknown as SelfSubjectRulesReview), status: rulesOf(user) };
  },
};

function rulesOf(user: User) {
  const everyPath = {
    verbs: ['get'],
    nonResourceURLs: [
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
    ],
  };
  const metricsPaths = { verbs: ['get'], nonResourceURLs: ['/metrics', '/metrics/*'] };
  switch (user.role.type) {
    case 'admin':
      return {
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        incomplete: false,
      };
    case 'read-only':
      return {
        resourceRules: [{ verbs: ['get', 'list', 'watch'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [everyPath, metricsPaths],
        // Secrets are left out, which a list of grants cannot say.
        incomplete: true,
      };
    case 'node':
      return {
        resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'], resourceNames: [user.role.nodeName] }],
        nonResourceRules: [everyPath],
        incomplete: true,
      };
    case 'service-account':
      return {
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [everyPath, metricsPaths],
        // Secrets of other namespaces are left out.
        incomplete: true,
      };
    case 'none':
      return { resourceRules: [], nonResourceRules: [everyPath], incomplete: false };
  }
}

/** kubectl up to 1.27 asks by the beta version only. */
function selfReview(version: 'v1' | 'v1beta1'): Review {
  return {
    ...common,
    version,
    group: 'authentication.k8s.io',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    singular: 'selfsubjectreview',
    ignoresBody: true,
    answer: ({ user, now }) => ({
      kind: 'SelfSubjectReview',
      apiVersion: `authentication.k8s.io/${version}`,
      metadata: { creationTimestamp: formatTime(now) },
      status: { userInfo: userInfoOf(user) },
    }),
  };
}

/** Kubernetes' reviews, for discovery and dispatch. */
export const reviews: readonly Review[] = [
  accessReview,
  rulesReview,
  subjectReview('SubjectAccessReview'),
  subjectReview('LocalSubjectAccessReview'),
  selfReview('v1'),
  selfReview('v1beta1'),
  tokenReview,
];

/** The review that a path names. */
export function reviewFor(
  all: readonly Review[],
  path: { group: string; version: string; resource: string },
): Review | undefined {
  return all.find(
    ({ group, version, plural }) => group === path.group && version === path.version && plural === path.resource,
  );
}
