/** The four kinds of manifest that run, and schema 1, which the lookup judges. */
const MANIFEST =
  /^application\/vnd\.(?:docker\.distribution\.manifest\.(?:v2|list\.v2|v1)\+(?:json|prettyjws)|oci\.image\.(?:manifest|index)\.v1\+json)$/;

/** Whether a media type is that of an image's manifest; one that is not said counts as such. */
export const isImageManifest = (mediaType: string | null | undefined): boolean =>
  mediaType === undefined || mediaType === null || mediaType === '' || MANIFEST.test(mediaType);
