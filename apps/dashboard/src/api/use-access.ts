import { useEffect, useState } from 'react';
import { useCluster } from '../state/hooks.ts';
import { type AccessAnswer, type AccessQuestion, createAccessReview } from './access.ts';

/** As the page's buttons ask it: an answer is kept as long as the page. */
export const reviewAccess = createAccessReview();
/** A question that got no answer is asked again after so long, milliseconds: the feed may never have noticed. */
const againMs = 1_000;

/** Whether this session may do something; undefined until the API has said so. Asked until it is answered. */
export function useAccess(question: AccessQuestion): AccessAnswer | undefined {
  const { connection } = useCluster('connection');
  const [answer, setAnswer] = useState<AccessAnswer>();
  const key = JSON.stringify(question);
  const isLive = connection.kind === 'live';
  useEffect(() => {
    if (!isLive) return;
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      reviewAccess(JSON.parse(key) as AccessQuestion).then(
        (given) => isCurrent && setAnswer(given),
        () => {
          if (isCurrent) timer = setTimeout(ask, againMs);
        },
      );
    };
    ask();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, isLive]);
  return answer;
}
