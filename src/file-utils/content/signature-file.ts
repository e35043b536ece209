/**
 * A signature beside a file, `report.json.minisig`, as the command `minisign` writes and checks it.
 *
 * A file and its signature can't be replaced in one step. So the new signature lies beside the old one, as `report.json.minisig.next`, until the new content
 * is there: whoever dies when, for each content there is a signature.
 */
import {
  minisignPublicKeyOf,
  openMinisignSecretKey,
  verifyMinisign,
  type MinisignSecretKey,
} from "../../serialize-utils/index.ts";
import { replaceContent } from "./atomic-write.ts";
import { generationOf, MAX_GENERATIONS, signatureOf } from "./generations.ts";
import { fileSystemError, isMissing } from "../system/errors.ts";
import { knownStatusOf } from "../system/link-target.ts";
import { sibling, systemPath, type Place } from "../system/place.ts";
import { readContent, type Content } from "./regular-file.ts";
import { invoke, type Steps } from "../system/steps.ts";
import { rename, unlink } from "../system/calls.ts";

const MAX_BYTES: number = 64 * 1024;

function nextPlace(file: Place): Place {
  return sibling(file, `${signatureOf(file).name}.next`);
}

/** The signatures that may be the one of this generation: its own first; those beside it, for a writer may have died while it gave them other names. */
export function* signaturesOf(file: Place, generation: number): Steps<string[]> {
  const own = signatureOf(generationOf(file, generation));
  const neighbours = [generation - 1, generation + 1].filter((one) => one >= 0 && one <= MAX_GENERATIONS);
  const places = [own, nextPlace(file), ...neighbours.map((one) => signatureOf(generationOf(file, one)))];
  const texts: string[] = [];
  for (const place of places) {
    if ((yield* knownStatusOf(place))?.isFile() !== true) continue;
    try {
      const { bytes } = yield* readContent(place, { maxBytes: MAX_BYTES, follow: false });
      texts.push(bytes.toString("utf8"));
    } catch (error) {
      // It was there a moment ago: a writer has just given it another name.
      if (!isMissing((error as Error).cause)) throw error;
    }
  }
  return [...new Set(texts)];
}

/** A writer that died may have left the signature of the present content under its first name: it gets its own, or goes away. */
export function* settleSignature(file: Place, sign: string | MinisignSecretKey): Steps<void> {
  const next = nextPlace(file);
  if ((yield* knownStatusOf(next)) === undefined) return;
  const { bytes: signature } = yield* readContent(next, { maxBytes: MAX_BYTES, follow: false });
  const isOfPresent =
    (yield* knownStatusOf(file))?.isFile() === true &&
    (yield* isSignature(
      signature.toString("utf8"),
      yield* readContent(file, { maxBytes: Infinity, follow: false }),
      sign,
    ));
  if (isOfPresent) yield* publishSignature(file);
  else yield* unlink(systemPath(next));
}

function isSignature(signature: string, { bytes }: Content, sign: string | MinisignSecretKey): Steps<boolean> {
  return invoke(async () => {
    const key = typeof sign === "string" ? await openMinisignSecretKey(sign) : sign;
    return verifyMinisign(bytes, signature, minisignPublicKeyOf(key)).then(
      () => true,
      () => false,
    );
  });
}

/** Before the content takes its place. */
export function* prepareSignature(file: Place, signature: string, durable: boolean): Steps<void> {
  yield* replaceContent(nextPlace(file), Buffer.from(signature), { durable });
}

/** After it did. */
export function* publishSignature(file: Place): Steps<void> {
  try {
    yield* rename(systemPath(nextPlace(file)), systemPath(signatureOf(file)));
  } catch (error) {
    throw fileSystemError(error, signatureOf(file).path, "write");
  }
}
