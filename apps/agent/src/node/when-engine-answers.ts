import type { Logger } from '@gantry/core';
import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';

const retryMs = 1_000;

/**
 * What the engine answers, however long it is away: after a boot it may start later than the agent. Says once that it
 * is waited for. Rejects where it answers that it cannot. The pause must keep the process alive: nothing else may yet.
 */
export async function whenEngineAnswers<T>(
  ask: () => Promise<T>,
  { pause, logger }: { readonly pause: (ms: number) => Promise<unknown>; readonly logger: Logger },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isRuntimeError(error, 'unreachable', 'timeout')) throw error;
      if (tries === 0) logger.warn({ err: messageOf(error) }, 'the container engine cannot be reached, waiting for it');
    }
    await pause(retryMs);
  }
}
