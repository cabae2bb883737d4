/**
 * A whole name, `host/path`, in its two parts, without a scheme before or a tag or digest after it.
 * Both are empty where there is no `/`.
 */
export const splitName = (
  text: string,
): { readonly registry: string; readonly repository: string } => {
  const name = text.replace(/^https?:\/\//, '');
  const slash = name.indexOf('/');
  const path = name.slice(slash + 1).split('@', 1)[0] ?? '';
  const colon = path.lastIndexOf(':');
  return slash === -1
    ? { registry: '', repository: '' }
    : { registry: name.slice(0, slash), repository: colon === -1 ? path : path.slice(0, colon) };
};
