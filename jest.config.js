/** jest 30 as ESM: run with node --experimental-vm-modules (package.json, "test"). Types are tsc's work, not ts-jest's. */
export default {
  testEnvironment: "node",
  testTimeout: 120_000, // of a test that hangs; nothing asserts a time, and a busy machine is no failure
  roots: ["<rootDir>/tests"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/fixtures/", "/tests/interop/"],
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^peerwire$": "<rootDir>/runtime/index.ts",
    "^peerwire/node$": "<rootDir>/runtime/node.ts",
    "^peerwire/websocket$": "<rootDir>/runtime/websocket.ts",
    "^peerwire/hub$": "<rootDir>/runtime/hub.ts",
    "^peerwire/mux$": "<rootDir>/runtime/mux.ts",
    "^peerwire/reflection$": "<rootDir>/runtime/reflection.ts",
    "^peerwire/testing$": "<rootDir>/runtime/testing.ts",
    "^peerwire/opentelemetry$": "<rootDir>/runtime/interceptors/opentelemetry.ts",
    "^peerwire/emitted-v1$": "<rootDir>/runtime/api/emitted-v1.ts",
  },
  transform: {
    "\\.ts$": ["ts-jest", { useESM: true, tsconfig: "tsconfig.jest.json", diagnostics: false }],
  },
};
