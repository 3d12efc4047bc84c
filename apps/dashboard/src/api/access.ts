import { createObject } from './client.ts';

/** One thing a user may want to do, as RBAC names it. */
export interface AccessQuestion {
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly subresource?: string;
  readonly namespace?: string | undefined;
}

export interface AccessAnswer {
  readonly isAllowed: boolean;
  /** Why not, for a control that is disabled; absent where it is allowed. */
  readonly reason?: string;
}

/** Asks the API (SelfSubjectAccessReview) whether this session may do something; each question once, the answer is kept. */
export function createAccessReview(ask = askReview): (question: AccessQuestion) => Promise<AccessAnswer> {
  const answers = new Map<string, Promise<AccessAnswer>>();
  return (question) => {
    const key = JSON.stringify([
      question.verb,
      question.group ?? '',
      question.resource,
      question.subresource ?? '',
      question.namespace ?? '',
    ]);
    const known = answers.get(key);
    if (known) return known;
    const answer = ask(question);
    answers.set(key, answer);
    // A failure to ask is no answer: the next one asks again.
    answer.catch(() => answers.delete(key));
    return answer;
  };
}

async function askReview(question: AccessQuestion): Promise<AccessAnswer> {
  const target = { apiVersion: 'authorization.k8s.io/v1', resource: 'selfsubjectaccessreviews' };
  const review = await createObject<{ readonly status?: { readonly allowed?: boolean } }>(target, {
    apiVersion: target.apiVersion,
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...question, group: question.group ?? '' } },
  });
  if (review.status?.allowed) return { isAllowed: true };
  return { isAllowed: false, reason: refusalWords(question) };
}

/** The only sessions that may not do everything are the read-only ones. */
function refusalWords({ verb, resource, subresource }: AccessQuestion): string {
  const what = subresource ? `${resource}/${subresource}` : resource;
  return `This session is read-only: it may not ${verb} ${what}.`;
}
