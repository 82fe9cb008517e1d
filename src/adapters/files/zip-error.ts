/** What is wrong with a zip archive. Apart from zip-member.ts, so that only who opens an archive loads what that takes. */

/** Its message is for the user. */
export class ZipError extends Error {}
