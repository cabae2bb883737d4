import { hasWrittenTag, imageName, imageWithTag, parseImageReference } from './image-reference.ts';

/**
 * An image in a query, written as the API shows images: `acme/web:v1` becomes `docker.io/acme/web:v1`. A missing tag is
 * not filled in. Text that is not an image stays as it is.
 */
export const askedImage = (text: string): string => {
  const parsed = parseImageReference(text);
  if (!parsed.ok) return text;
  return hasWrittenTag(text) ? imageWithTag(parsed.image) : imageName(parsed.image);
};

/** Whether an image that the API shows matches the query. A query without a tag matches any tag. */
export const isAskedImage = (shown: string, asked: string): boolean => {
  const image = askedImage(asked);
  return shown === image || shown.startsWith(`${image}:`);
};

/** Docker Hub's images as people write them: `web:v1` for `docker.io/library/web:v1`. */
export const shortImage = (shown: string): string =>
  shown.replace(/^docker\.io\/(?:library\/)?/, '');
