/** The installation: who signs. Its key is made on first use and lies outside of what it signs. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomUUID, type KeyObject } from "node:crypto";
import { hostname } from "node:os";
import { join, relative, resolve, isAbsolute } from "node:path";
import {
  createFile,
  createPrivateDirectory,
  isPrivateFile,
  linkNewFile,
  pathExists,
  probeWritable,
  readFileText,
} from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { publicKeyBytes } from "../seal/index.ts";
import { layout } from "./layout.ts";

export interface Installation {
  /** First part of the origin of every stream: `<host name>-<8 hexadecimal digits>`. */
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const MAX_KEY_FILE_BYTES = 16 * 1024;

/**
 * The installation whose key lies in this directory; made on first use, by exactly one of several processes that start together. Throws
 * SEALTRACE_KEY_INVALID for a key that is damaged or that others may read.
 */
export function loadInstallation(keysDirectory: string): Installation {
  if (!pathExists(layout.signingKey(keysDirectory))) makeKey(keysDirectory);
  const privateKey = readSigningKey(layout.signingKey(keysDirectory));
  const publicKey = createPublicKey(privateKey);
  const nameFile = layout.installation(keysDirectory);
  if (!pathExists(nameFile)) publish(keysDirectory, nameFile, `${newName(publicKey)}\n`);
  return { name: readName(nameFile), privateKey, publicKey };
}

/** The installation in this directory if there is one; nothing is made. */
export function readInstallation(keysDirectory: string): Installation | undefined {
  return pathExists(layout.signingKey(keysDirectory)) && pathExists(layout.installation(keysDirectory))
    ? loadInstallation(keysDirectory)
    : undefined;
}

/** Makes sure, before a program starts, that its record can be written and signed. Throws a SealtraceError that says what stands in the way. */
export function prepareLogs(logsDirectory: string, keysDirectory: string): void {
  keepKeyApart(logsDirectory, keysDirectory);
  createPrivateDirectory(logsDirectory);
  probeWritable(logsDirectory);
  loadInstallation(keysDirectory);
}

/** Throws SEALTRACE_CONFIG_INVALID when the key would lie among what it signs. */
export function keepKeyApart(logsDirectory: string, keysDirectory: string): void {
  const path = relative(resolve(logsDirectory), resolve(keysDirectory));
  if (path === "" || (!path.startsWith("..") && !isAbsolute(path))) {
    throw new SealtraceError(
      "SEALTRACE_CONFIG_INVALID",
      `The signing key's directory ${keysDirectory} lies in the logs directory ${logsDirectory}: whoever gets the logs would get the key. Choose another logs directory.`,
    );
  }
}

function makeKey(keysDirectory: string): void {
  createPrivateDirectory(keysDirectory);
  const { privateKey } = generateKeyPairSync("ed25519");
  publish(keysDirectory, layout.signingKey(keysDirectory), privateKey.export({ format: "pem", type: "pkcs8" }));
}

/** Of several processes that publish the same file, the first wins and all see a whole file. */
function publish(directory: string, path: string, content: string): void {
  const temporary = join(directory, `.${randomUUID()}.tmp`);
  createFile(temporary, content);
  linkNewFile(temporary, path);
}

function readSigningKey(path: string): KeyObject {
  if (!isPrivateFile(path)) {
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `Others may read the signing key ${path}. Make it private: mode 0600.`,
    );
  }
  try {
    const key = createPrivateKey(readFileText(path, MAX_KEY_FILE_BYTES));
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    if (cause instanceof SealtraceError) throw cause;
    throw new SealtraceError(
      "SEALTRACE_KEY_INVALID",
      `${path} holds no private key in PEM. Restore it from a copy, or move it away to begin with a new key.`,
      { cause },
    );
  }
  throw new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    `${path} is not an Ed25519 key. Move it away to begin with a new key.`,
  );
}

function readName(path: string): string {
  const name = readFileText(path, 1024).trimEnd();
  if (/^[a-z0-9][a-z0-9._-]{0,127}$/.test(name)) return name;
  throw new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    `${path} holds no installation name (lower-case letters, digits, dots and dashes).`,
  );
}

function newName(publicKey: KeyObject): string {
  const host =
    hostname()
      .toLowerCase()
      .replace(/[^a-z0-9.-]+/g, "-")
      .replace(/^[^a-z0-9]+/, "")
      .slice(0, 64) || "host";
  return `${host}-${hash("sha256", publicKeyBytes(publicKey), "hex").slice(0, 8)}`;
}
