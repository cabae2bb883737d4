/**
 * Splits a complete name, `host/path`, without a scheme before or a tag or digest after it. Both parts are empty if
 * there is no `/`.
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
