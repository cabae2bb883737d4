import { hasWrittenTag, imageName, imageWithTag, parseImageReference } from './image-reference.ts';

/**
 * An image as somebody asks for it, written as the API shows images: `acme/web:v1` is
 * `docker.io/acme/web:v1`. Where no tag was written none is filled in; what is no image stays as it is.
 */
export const askedImage = (text: string): string => {
  const parsed = parseImageReference(text);
  if (!parsed.ok) return text;
  return hasWrittenTag(text) ? imageWithTag(parsed.image) : imageName(parsed.image);
};

/** Whether an image that the API shows is the one asked for, with any tag where none was written. */
export const isAskedImage = (shown: string, asked: string): boolean => {
  const image = askedImage(asked);
  return shown === image || shown.startsWith(`${image}:`);
};

/** Docker Hub's images as people write them: `web:v1` for `docker.io/library/web:v1`. */
export const shortImage = (shown: string): string =>
  shown.replace(/^docker\.io\/(?:library\/)?/, '');
