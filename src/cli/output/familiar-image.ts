/** An image as people write it, without Docker Hub's host name. */
export const familiarImage = (image: string): string =>
  image.replace(/^docker\.io\/(?:library\/)?/, '');
