import { describe, it } from "@jest/globals";
import { surviveOutage } from "../runtime/connections/outage.js";

describe("reconnect", () => {
  it("S03: 1000 clients of a server that is down for an hour", async () => {
    await surviveOutage(1000);
  });
});
