/** For whom an age file is encrypted: what stands in a recipients file. */
import { checkText } from "../content-argument.ts";
import type { Encrypter } from "age-encryption";
import { SealtraceError } from "../../record/index.ts";
import { parseSshPublicKey } from "./ssh-public-key.ts";
import { sshRecipient } from "./ssh-stanzas.ts";

type Kind = "classic" | "post-quantum" | "ssh";

const NATIVE_KINDS: Readonly<Record<string, Kind>> = {
  age: "classic",
  age1tag: "classic",
  age1pq: "post-quantum",
  age1tagpq: "post-quantum",
};

/**
 * The recipients of a recipients file's text: one a line, empty lines and those that begin with `#` aside. Throws SEALTRACE_KEY_INVALID, naming the line.
 */
export function parseAgeRecipients(text: string): string[] {
  checkText(text);
  const recipients: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const recipient = line.trim();
    if (recipient === "" || recipient.startsWith("#")) continue;
    kindOf(recipient, ` on line ${i + 1}`);
    recipients.push(recipient);
  }
  if (recipients.length > 0) return recipients;
  throw new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    "There is no recipient in it: a recipient begins with age1 or ssh-.",
  );
}

/** Throws SEALTRACE_USAGE for recipients that don't go together, SEALTRACE_KEY_INVALID for what is none. */
export function addRecipients(encrypter: Encrypter, recipients: readonly string[]): void {
  const kinds = new Set(recipients.map((recipient) => kindOf(recipient.trim(), "")));
  if (kinds.has("post-quantum") && kinds.size > 1) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "Post-quantum recipients (age1pq1…) can't be mixed with others: who breaks one of those by a quantum computer would read it all.",
    );
  }
  for (const recipient of recipients) addRecipient(encrypter, recipient.trim());
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  if (recipient.startsWith("ssh-")) {
    encrypter.addRecipient(sshRecipient(parseSshPublicKey(recipient)));
    return;
  }
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `The recipient ${shown(recipient)} was copied wrongly: its checksum or length does not fit.`,
      { cause },
    );
  }
}

function kindOf(recipient: string, where: string): Kind {
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(recipient)) {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `There is a secret identity${where} where a recipient is wanted. Its recipient begins with age1: age-keygen -y shows it.`,
    );
  }
  if (recipient.startsWith("ssh-")) {
    parseSshPublicKey(recipient);
    return "ssh";
  }
  const [, prefix = ""] = /^(age(?:1[a-z0-9+._-]*)?)1[02-9ac-hj-np-z]+$/.exec(recipient) ?? [];
  const kind = Object.hasOwn(NATIVE_KINDS, prefix) ? NATIVE_KINDS[prefix] : undefined;
  if (kind !== undefined) return kind;
  if (prefix !== "") {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `The recipient ${shown(recipient)}${where} is a plugin's: plugins are programs, and none is run. Use the age command.`,
    );
  }
  throw new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    `${shown(recipient)}${where} is no recipient: a recipient begins with age1, ssh-ed25519 or ssh-rsa.`,
  );
}

function shown(recipient: string): string {
  return JSON.stringify(recipient.length > 30 ? `${recipient.slice(0, 29)}…` : recipient);
}
