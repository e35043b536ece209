import { createRequire } from "node:module";

type Library = typeof import("@bufbuild/protobuf") & { readonly wkt: typeof import("@bufbuild/protobuf/wkt") };

/** Loaded when it is first needed. */
export function loadProtobuf(): Library {
  if (library === undefined) {
    const require = createRequire(import.meta.url);
    const main = require("@bufbuild/protobuf") as typeof import("@bufbuild/protobuf");
    library = { ...main, wkt: require("@bufbuild/protobuf/wkt") as Library["wkt"] };
  }
  return library;
}
let library: Library | undefined;
