import { SealtraceError, type Stage } from "../../record/index.ts";

const DOING: Readonly<Record<Stage, string>> = {
  validate: "Validating",
  serialize: "Serializing",
  compress: "Compressing",
  encrypt: "Encrypting",
  sign: "Signing",
  verify: "Verifying",
  decrypt: "Decrypting",
  decompress: "Decompressing",
  parse: "Parsing",
};

/** What fails says in which stage it did. */
export async function atStage<T>(stage: Stage, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw staged(stage, error);
  }
}

/** {@link atStage}, of a stream; what comes from the stages before has its own already. */
export async function* streamAtStage<T>(stage: Stage, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pieces;
  } catch (error) {
    throw staged(stage, error);
  }
}

export function staged(stage: Stage, error: unknown): unknown {
  if (!(error instanceof SealtraceError) || error.stage !== undefined) return error;
  return new SealtraceError(error.code, `${DOING[stage]}: ${error.message}`, { cause: error, stage });
}
