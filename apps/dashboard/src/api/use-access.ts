import { useEffect, useState } from 'react';
import { useCluster } from '../state/hooks.ts';
import { type AccessAnswer, type AccessQuestion, createAccessReview } from './access.ts';

const review = createAccessReview();

/** Whether this session may do something; undefined until the API has said so. Asked once, and again after a lost connection. */
export function useAccess(question: AccessQuestion): AccessAnswer | undefined {
  const { connection } = useCluster('connection');
  const [answer, setAnswer] = useState<AccessAnswer>();
  const key = JSON.stringify(question);
  const isLive = connection.kind === 'live';
  useEffect(() => {
    if (!isLive) return;
    let isCurrent = true;
    review(JSON.parse(key) as AccessQuestion).then(
      (given) => isCurrent && setAnswer(given),
      // The API did not answer: the feed finds that out too, and its return asks again.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [key, isLive]);
  return answer;
}
