import { createContext } from 'preact';

/**
 * Whether something is rendered in a table row. Copy buttons and links to a build's source are no tab stops there,
 * because each row would take several: the page about the row's subject has them too.
 */
export const InRow = createContext(false);
