import { ApiError, objectKey, type Pod, type ServiceAccount } from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { ObjectStore } from '../objects/object-store.ts';
import { type ServiceAccountTokens, type TokenSubject, tokenIssuer } from './service-account-tokens.ts';

/** Which token is wanted. */
export interface TokenWish {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Empty: the API server itself. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** The token ends with this object. A uid that is not the object's is refused. */
  readonly boundTo?: { readonly kind: string; readonly name: string; readonly uid?: string };
}

export interface IssuedToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expirationTimestamp: string;
  readonly audiences: readonly string[];
}

/** Issues tokens of service accounts. Rejects with `ApiError` where the account or the bound object is not there. */
export type IssueToken = (wish: TokenWish) => Promise<IssuedToken>;

/** Issues by what is stored at the moment. */
export function createTokenIssuer(objects: ObjectStore, tokens: ServiceAccountTokens): IssueToken {
  const accounts = objects.informer('serviceaccounts').lister;
  return async (wish) => {
    const { namespace, serviceAccount } = wish;
    const account = accounts.get(objectKey(namespace, serviceAccount));
    if (!account) throw missing('serviceaccounts', serviceAccount);
    const audiences = wish.audiences.length > 0 ? wish.audiences : [tokenIssuer];
    const subject = { ...subjectOf(account, namespace), ...boundObject(objects, wish, account) };
    const { token, expiresAt } = await tokens.sign(subject, audiences, wish.expirationSeconds);
    return { token, expirationTimestamp: formatTime(expiresAt), audiences };
  };
}

function subjectOf({ metadata }: ServiceAccount, namespace: string): TokenSubject {
  return { namespace, serviceaccount: { name: metadata.name, uid: metadata.uid } };
}

function boundObject(objects: ObjectStore, wish: TokenWish, account: ServiceAccount): Partial<TokenSubject> {
  const { boundTo, namespace } = wish;
  if (!boundTo) return {};
  switch (boundTo.kind) {
    case 'Pod': {
      const pod = objects.informer('pods').lister.get(objectKey(namespace, boundTo.name));
      if (!pod) throw missing('pods', boundTo.name);
      checkUid('pods', pod, boundTo.uid);
      if (pod.spec.serviceAccountName !== account.metadata.name) {
        const message = `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`;
        throw new ApiError('BadRequest', message);
      }
      return { pod: nameOf(pod), ...nodeOf(objects, pod) };
    }
    case 'Secret': {
      const secret = objects.informer('secrets').lister.get(objectKey(namespace, boundTo.name));
      if (!secret) throw missing('secrets', boundTo.name);
      checkUid('secrets', secret, boundTo.uid);
      return { secret: nameOf(secret) };
    }
    case 'Node': {
      const node = objects.informer('nodes').lister.get(boundTo.name);
      if (!node) throw missing('nodes', boundTo.name);
      checkUid('nodes', node, boundTo.uid);
      return { node: nameOf(node) };
    }
    default: {
      const message = `cannot bind token for serviceaccount "${account.metadata.name}" to an object of kind ${boundTo.kind}`;
      throw new ApiError('BadRequest', message);
    }
  }
}

function nodeOf(objects: ObjectStore, { spec }: Pod): Partial<TokenSubject> {
  const node = spec.nodeName ? objects.informer('nodes').lister.get(spec.nodeName) : undefined;
  return node ? { node: nameOf(node) } : {};
}

function nameOf({ metadata }: { metadata: Pod['metadata'] }): { name: string; uid: string } {
  return { name: metadata.name, uid: metadata.uid };
}

function checkUid(resource: string, { metadata }: { metadata: Pod['metadata'] }, uid: string | undefined): void {
  if (!uid || uid === metadata.uid) return;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  const message = `Operation cannot be fulfilled on ${resource} "${metadata.name}": ${why}`;
  throw new ApiError('Conflict', message, { name: metadata.name, kind: resource });
}

function missing(resource: string, name: string): ApiError {
  return new ApiError('NotFound', `${resource} "${name}" not found`, { name, kind: resource });
}
