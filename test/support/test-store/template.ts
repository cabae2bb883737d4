/** The schema of the template's store. */
export const TEMPLATE_SCHEMA = 'cd_helper';
/** A database with a store on which all migrations have run: its copies need none. */
export const TEMPLATE = 'cd_helper_template';
