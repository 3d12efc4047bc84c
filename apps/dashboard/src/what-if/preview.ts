import type { SimulationSpec, SimulationStatus } from '@gantry/api-types/simulation';
import { create } from 'zustand';
import { failureWords } from '../api/refusal.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { type PreviewScene, previewScene } from './preview-scene.ts';
import { simulate } from './simulate.ts';

/** A what-if on the page: one at a time, drawn as ghosts on the nodes and in the tray. */
export interface Preview {
  /** Who asked, so that nobody clears what another part of the page shows: `scale`, `what-if`, `fix`. */
  readonly owner: string;
  /** In words: `web at 60`. */
  readonly label: string;
  readonly spec: SimulationSpec;
  /** Undefined while it is asked. */
  readonly status?: SimulationStatus;
  readonly scene?: PreviewScene;
  readonly error?: string;
  /** Browser time of the answer. */
  readonly at?: number;
}

interface PreviewState {
  readonly preview: Preview | undefined;
}

/** The preview that is shown, for components to select from. */
export const usePreview = create<PreviewState>(() => ({ preview: undefined }));

let running: AbortController | undefined;

/**
 * Asks and shows the answer; a question still under way is given up, and its answer stays until the new one is there, so
 * that dragging a slider does not flicker.
 */
export async function showPreview(
  store: ClusterStore,
  owner: string,
  label: string,
  spec: SimulationSpec,
): Promise<void> {
  running?.abort();
  const abort = new AbortController();
  running = abort;
  const before = usePreview.getState().preview;
  const kept = before?.owner === owner ? before : undefined;
  usePreview.setState({
    preview: { owner, label, spec, ...(kept?.scene && kept.status ? { scene: kept.scene, status: kept.status } : {}) },
  });
  try {
    const status = await simulate(spec, abort.signal);
    if (abort.signal.aborted) return;
    const scene = previewScene(store, spec, status);
    usePreview.setState({ preview: { owner, label, spec, status, scene, at: Date.now() } });
  } catch (failure) {
    if (abort.signal.aborted) return;
    usePreview.setState({ preview: { owner, label, spec, error: failureWords(failure) } });
  }
}

/** Shows what was found out by another question. */
export function placePreview(owner: string, label: string, scene: PreviewScene): void {
  running?.abort();
  usePreview.setState({ preview: { owner, label, spec: {}, scene, at: Date.now() } });
}

/** Takes the preview away, if it is the owner's. */
export function clearPreview(owner: string): void {
  if (usePreview.getState().preview?.owner !== owner) return;
  running?.abort();
  running = undefined;
  usePreview.setState({ preview: undefined });
}

/** Whether the preview shown belongs to the owner, and it. */
export function usePreviewOf(owner: string): Preview | undefined {
  return usePreview(({ preview }) => (preview?.owner === owner ? preview : undefined));
}
