import { ApiError, isApiError, objectKey } from '@gantry/api-types';
import type { TokenFrame, TokenRequestFrame } from '@gantry/api-types/protocol';
import type { InformerSource } from '@gantry/core';
import type { IssueToken } from '../auth/token-issuer.ts';

/** What the kubelet's requests are held to. */
const minSeconds = 600;
const maxSeconds = 2 ** 32;

/** Tokens for agents, each for pods of its own node and nothing else. */
export class TokenGrants {
  readonly #informers: InformerSource;
  readonly #issue: IssueToken | undefined;

  constructor(informers: InformerSource, issue: IssueToken | undefined) {
    this.#informers = informers;
    this.#issue = issue;
  }

  /** The answer to an agent's request. Never rejects. */
  async answer(nodeName: string, frame: TokenRequestFrame): Promise<TokenFrame> {
    const { requestId } = frame;
    try {
      const { token, expirationTimestamp } = await this.#grant(nodeName, frame);
      return { type: 'token', requestId, token, expirationTimestamp };
    } catch (error) {
      const isKnown = isApiError(error);
      const reason = isKnown ? error.reason : 'InternalError';
      const message = isKnown ? error.message : 'the token could not be issued';
      return { type: 'tokenRefused', requestId, reason, message };
    }
  }

  #grant(nodeName: string, { pod, audiences, expirationSeconds }: TokenRequestFrame) {
    const present = this.#informers.informer('pods').lister.get(objectKey(pod.namespace, pod.name));
    if (!this.#issue || present?.metadata.uid !== pod.uid || present.spec.nodeName !== nodeName) {
      const why = this.#issue ? `pod ${pod.namespace}/${pod.name} is not on node ${nodeName}` : 'no tokens are issued';
      throw new ApiError('Forbidden', `${why}: an agent gets tokens for the pods of its own node`);
    }
    return this.#issue({
      namespace: pod.namespace,
      serviceAccount: present.spec.serviceAccountName ?? 'default',
      audiences,
      expirationSeconds: Math.min(maxSeconds, Math.max(minSeconds, expirationSeconds)),
      boundTo: { kind: 'Pod', name: pod.name, uid: pod.uid },
    });
  }
}
