/** JSON on lines of its own for each value; anything else as it is. */
export const layOutJson = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};
