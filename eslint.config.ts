// Type-aware lint for every workspace. Rules beyond the strict preset state a rule of this house, each with its reason.
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/generated/**", ".cache/**", ".sandbox/**", "node_modules/**"]),
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ["*/tsconfig.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // node:test returns promises that its runner awaits itself.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["test", "describe", "it", "suite"], package: "node:test" },
          ],
        },
      ],
      // Standard output belongs to commands; services speak through their logger.
      "no-console": "error",
      eqeqeq: "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ["eslint.config.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { project: null } },
  },
  {
    files: ["**/*.ts"],
    ignores: ["cde/vault/keys/aes-256-gcm.ts", "cde/vault/keys/hmac.ts", "**/*.test.ts"],
    rules: {
      // One module encrypts, one authenticates, and both are held to published vectors.
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "node:crypto", importNames: ["createCipheriv", "createDecipheriv", "createHmac"] }] },
      ],
    },
  },
  { files: ["**/*.test.ts"], rules: { "max-lines-per-function": "off" } },
);
