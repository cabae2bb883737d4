/** The four kinds of runnable manifest, and schema 1, which the lookup judges. */
const MANIFEST =
  /^application\/vnd\.(?:docker\.distribution\.manifest\.(?:v2|list\.v2|v1)\+(?:json|prettyjws)|oci\.image\.(?:manifest|index)\.v1\+json)$/;

/** Whether a media type is that of an image's manifest. A missing one counts as such. */
export const isImageManifest = (mediaType: string | null | undefined): boolean =>
  mediaType === undefined || mediaType === null || mediaType === '' || MANIFEST.test(mediaType);
