/** Bytes per kibibyte. */
export const KIB = 1024;
/** Bytes per mebibyte. */
export const MIB = 1024 * KIB;
