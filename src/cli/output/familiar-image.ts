/** An image as people write it: Docker Hub's own name says nothing that they do not know. */
export const familiarImage = (image: string): string =>
  image.replace(/^docker\.io\/(?:library\/)?/, '');
