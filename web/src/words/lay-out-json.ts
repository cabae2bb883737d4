/** JSON with one line per value; any other text unchanged. */
export const layOutJson = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};
