/** `sealtrace/log-utils`: loggers. */
export { getLogger } from "../setup.ts";
export type { Fields, Logger } from "../log-utils/index.ts";
export type { LogMethod } from "../log-utils/index.ts";
