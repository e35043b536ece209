/** The rows of `npm run bench -- serialize`: as many times as fast as the peer. */
import type { Row } from "../row.ts";

export const SERIALIZE_ROWS: readonly Row[] = [];
