/** The longest line of a segment in bytes, its newline not counted. Readers refuse longer ones. */
export const MAX_LINE_BYTES = 65_535;

/** What the seal field of a line may take (`,"seal":"<index>.<prev>.<salt>"`), with room to spare. */
export const SEAL_FIELD_BYTES = 100;

/** The longest line, in bytes, that the capturing side may hand over; what does not fit is cut and says so. */
export const MAX_CAPTURED_BYTES: number = MAX_LINE_BYTES - SEAL_FIELD_BYTES;
