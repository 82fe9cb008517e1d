/** A JSON value; money in it is decimal strings. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
