/** The long rows of robustness.md at their full size: `npm run test:soak`, one file at a time, so that memory is their own. */
import config from "./jest.config.js";

export default { ...config, testMatch: ["**/*.soak.ts"], testTimeout: 600_000 };
