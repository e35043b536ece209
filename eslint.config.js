import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** The strictest sets of typescript-eslint; what is changed of them says why. Layout is prettier's, structure test/architecture.test.ts's. */
export default defineConfig(
  globalIgnores(["dist/", "logs/", ".nodes/", "coverage/", "testdata/", "test/fixtures/"]),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `bytes[i] as number` says what is known; `!` says nothing, and is forbidden.
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      // We stand in front of other people's methods and call them with Reflect.apply; our own classes have private fields and fail at once.
      "@typescript-eslint/unbound-method": "off",
      // Exported constants want their types (isolatedDeclarations).
      "@typescript-eslint/no-inferrable-types": "off",
      // An index signature can name its key.
      "@typescript-eslint/consistent-indexed-object-style": "off",
      // For environments and other people's objects, where `undefined` is not the same as absent.
      "@typescript-eslint/no-dynamic-delete": "off",
      // `return (count(), 0)` and `return this.#close()` end a branch in one line.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreVoidReturningFunctions: true }],
      // By code point is what is meant.
      "@typescript-eslint/no-misused-spread": ["error", { allow: [{ from: "lib", name: "string" }] }],
      // Its successor Error.isError is missing on Node 22.
      "@typescript-eslint/no-deprecated": [
        "error",
        { allow: [{ from: "package", name: "isNativeError", package: "node" }] },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // node:test waits for its tests itself.
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", name: ["test", "suite", "describe", "it"], package: "node" }] },
      ],
      // Functions and classes to be looked at, not to be called.
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-extraneous-class": "off",
    },
  },
);
