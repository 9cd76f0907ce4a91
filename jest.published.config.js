/** Types of published packages: `npm run test:published`, after `npm ci --prefix tests/published`. */
import config from "./jest.config.js";

export default { ...config, testMatch: ["**/*.published.ts"], testTimeout: 120_000 };
