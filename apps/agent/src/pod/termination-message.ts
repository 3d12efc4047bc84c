import { text } from 'node:stream/consumers';
import type { Pod } from '@gantry/api-types';
import { labelKeys } from './labels.ts';
import { findContainer } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { Attempt } from './pod-state.ts';

const maxLogLines = 80;
const maxLogBytes = 2048;
const logTimeoutMs = 5_000;

/** What a container that ended has to say: its message file or, where its policy says so, the end of its log. */
export async function terminationMessage(
  context: Pick<PodContext, 'volumes' | 'runtime' | 'logger'>,
  pod: Pod | undefined,
  attempt: Attempt,
): Promise<string> {
  if (!pod) return '';
  const message = await context.volumes.terminationMessage(pod.metadata.uid, attempt.container, attempt.number);
  const policy = findContainer(pod, attempt.container)?.container.terminationMessagePolicy;
  if (message !== '' || policy !== 'FallbackToLogsOnError' || attempt.exitCode === 0) return message;
  const options = { follow: false, timestamps: false, tailLines: maxLogLines, hasTty: attempt.hasTty };
  try {
    const log = await context.runtime.openLogs(attempt.id, options, AbortSignal.timeout(logTimeoutMs));
    return Buffer.from(await text(log))
      .subarray(-maxLogBytes)
      .toString('utf8');
  } catch (error) {
    context.logger.debug({ [labelKeys.podUid]: pod.metadata.uid, err: error }, 'no log for the termination message');
    return '';
  }
}
