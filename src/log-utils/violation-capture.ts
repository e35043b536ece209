import { onAccessViolation } from "../record/index.ts";
import type { Logger } from "./logger.ts";

/**
 * Makes a security event of each attempt to reach a file that a root refuses, with the field names of ECS (`event.category` `file`, `event.type` `denied`). Returns
 * how to stop that.
 */
export function captureViolations(logger: Logger): () => void {
  return onAccessViolation(({ root, path, action, reason }) => {
    logger.warning(`refused to ${action} ${path} in ${root}`, {
      "event.action": "access-violation",
      "event.category": ["file"],
      "event.type": ["access", "denied"],
      "event.outcome": "failure",
      "event.reason": reason,
      "file.path": path,
      "sealtrace.root": root,
    });
  });
}
