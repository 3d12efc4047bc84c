import { objectKey, type Pod } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { ObjectStore } from '../objects/object-store.ts';
import { type ServiceAccountTokens, tokenIssuer, type VerifiedToken } from './service-account-tokens.ts';
import type { Authenticator, ReviewedToken } from './token-store.ts';
import { serviceAccountUser } from './user.ts';

/** A pod that was told to go may use its token for so long beyond its grace period. */
const afterDeletionMs = 60_000;

export interface ServiceAccountAuthentication {
  readonly tokens: ServiceAccountTokens;
  readonly objects: ObjectStore;
  readonly clock: Clock;
}

/**
 * Knows pods by the tokens of their service accounts, and everybody else as `others` does. A token counts as long as it
 * is valid and its account, and the pod or Secret that it is bound to, are the ones it was made for.
 */
export function withServiceAccounts(others: Authenticator, options: ServiceAccountAuthentication): Authenticator {
  const review = (token: string, audiences: readonly string[]): ReviewedToken | undefined => {
    const known = others.review(token, audiences);
    if (known) return known;
    const verified = options.tokens.verify(token);
    const wanted = audiences.length > 0 ? audiences : [tokenIssuer];
    const shared = verified?.audiences.filter((audience) => wanted.includes(audience)) ?? [];
    if (!verified || shared.length === 0 || !isInForce(options, verified)) return undefined;
    return { user: userOf(verified), audiences: shared };
  };
  return {
    review,
    authenticate(header) {
      const known = others.authenticate(header);
      if (known || header?.slice(0, 7).toLowerCase() !== 'bearer ') return known;
      return review(header.slice(7).trim(), [])?.user;
    },
    issueToken: (user, issueOptions) => others.issueToken(user, issueOptions),
    revoke: (userName) => others.revoke(userName),
  };
}

function isInForce({ objects, clock }: ServiceAccountAuthentication, token: VerifiedToken): boolean {
  const { namespace, serviceaccount, pod, secret, node } = token;
  const account = objects.informer('serviceaccounts').lister.get(objectKey(namespace, serviceaccount.name));
  if (account?.metadata.uid !== serviceaccount.uid) return false;
  if (pod) {
    const present = objects.informer('pods').lister.get(objectKey(namespace, pod.name));
    if (present?.metadata.uid !== pod.uid || isLongGone(present, clock.now())) return false;
  }
  if (secret) {
    const present = objects.informer('secrets').lister.get(objectKey(namespace, secret.name));
    if (present?.metadata.uid !== secret.uid) return false;
  }
  // Of a pod's token the node is only told; a token bound to the node itself ends with it.
  return !node || pod !== undefined || objects.informer('nodes').lister.get(node.name)?.metadata.uid === node.uid;
}

function isLongGone({ metadata }: Pod, now: number): boolean {
  return metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) + afterDeletionMs < now;
}

function userOf({ namespace, serviceaccount, pod, node, id }: VerifiedToken) {
  const prefix = 'authentication.kubernetes.io';
  const extra = {
    [`${prefix}/credential-id`]: [`JTI=${id}`],
    ...(node ? { [`${prefix}/node-name`]: [node.name], [`${prefix}/node-uid`]: [node.uid] } : {}),
    ...(pod ? { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] } : {}),
  };
  return serviceAccountUser(namespace, serviceaccount.name, { uid: serviceaccount.uid, extra });
}
