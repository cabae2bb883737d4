import picocolors from 'picocolors';

export type Colours = ReturnType<typeof picocolors.createColors>;

/** Colours for a terminal, or functions that change nothing. */
export const createColours = (wanted: boolean): Colours => picocolors.createColors(wanted);
