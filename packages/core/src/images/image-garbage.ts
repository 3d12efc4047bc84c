/** Space on the disk that holds the images. */
export interface DiskSpace {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

/** An image as its garbage collector sees it. Times in milliseconds since the epoch. */
export interface ImageUse {
  /** `sha256:…` */
  readonly id: string;
  readonly sizeBytes: number;
  /** A container, or a pod of this node, needs it. */
  readonly isInUse: boolean;
  /** Never removed: the engine's helper images, and on a shared engine what somebody else brought. */
  readonly isPinned: boolean;
  readonly firstSeenAt: number;
  /** 0 where it was never seen in use. */
  readonly lastUsedAt: number;
}

export interface ImageGarbagePolicy {
  /** Percent of the disk in use from which images are removed. */
  readonly highThresholdPercent: number;
  /** Percent of the disk in use down to which they are removed. */
  readonly lowThresholdPercent: number;
  /** Images seen for a shorter time stay. */
  readonly minimumAgeMs: number;
}

export interface ImageGarbagePlan {
  /** Percent of the disk in use, rounded down as the kubelet does. */
  readonly usagePercent: number;
  /** 0 while the disk is not full. */
  readonly bytesToFree: number;
  /** Which images may go, the longest unused first. To be removed one by one until enough is free. */
  readonly candidates: readonly ImageUse[];
}

/** What may be removed now that the disk is as full as this. Pure; the kubelet's order and thresholds. */
export function planImageGarbage(
  images: readonly ImageUse[],
  disk: DiskSpace,
  policy: ImageGarbagePolicy,
  now: number,
): ImageGarbagePlan {
  const { capacityBytes, availableBytes } = disk;
  const usagePercent = capacityBytes > 0 ? 100 - Math.ceil((availableBytes * 100) / capacityBytes) : 0;
  if (usagePercent < policy.highThresholdPercent) return { usagePercent, bytesToFree: 0, candidates: [] };
  const wantedBytes = Math.floor((capacityBytes * (100 - policy.lowThresholdPercent)) / 100);
  const candidates = images
    .filter((image) => !image.isInUse && !image.isPinned && now - image.firstSeenAt >= policy.minimumAgeMs)
    .toSorted((a, b) => a.lastUsedAt - b.lastUsedAt || a.firstSeenAt - b.firstSeenAt);
  return { usagePercent, bytesToFree: Math.max(0, wantedBytes - availableBytes), candidates };
}
