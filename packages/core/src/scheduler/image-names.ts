/** An image name with its tag: `nginx` becomes `nginx:latest`; names with a tag or digest stay as they are. */
export function normalizeImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
