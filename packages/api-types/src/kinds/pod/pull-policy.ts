/** Always for images that are tagged `latest` or not pinned at all, else IfNotPresent. */
export function defaultPullPolicy(image: string): string {
  const digestAt = image.indexOf('@');
  const name = digestAt < 0 ? image : image.slice(0, digestAt);
  const tag = /:([\w][\w.-]*)$/.exec(name)?.[1];
  return tag === 'latest' || (tag === undefined && digestAt < 0) ? 'Always' : 'IfNotPresent';
}
