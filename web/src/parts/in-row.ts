import { createContext } from 'preact';

/**
 * Whether something is drawn in a row of a table. Buttons that only copy, and links to the source of a build, are no stops
 * of the Tab key there, or each row would take several: the page of what the row is about has them too.
 */
export const InRow = createContext(false);
