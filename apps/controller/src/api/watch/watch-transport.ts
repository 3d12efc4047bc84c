/** How long a receiver has to take what is left at the end, before its connection is cut: it must not hold up a shutdown. */
export const endGraceMs = 1000;

/** Where a watch's events go: a chunked HTTP response or a WebSocket. */
export interface WatchTransport {
  /** Sends events in order. False where the receiver lags: nothing more until `onDrain`. */
  write(frames: readonly Buffer[]): boolean;
  /** Set by the stream. Called when a receiver that lagged has caught up. */
  onDrain: (() => void) | undefined;
  /** Set by the stream. Called once when the other side is gone. */
  onClose: (() => void) | undefined;
  /** Ends in order, after what was written. */
  end(): void;
  /** Cuts off a receiver that does not keep up. */
  destroy(): void;
}
