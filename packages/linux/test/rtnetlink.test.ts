import { expect, it } from "vitest";

import { linkUpMessage } from "../src/rtnetlink.ts";

it("sets a link up", () => {
  expect(Buffer.from(linkUpMessage(1)).toString("hex")).toBe(
    "2000000010000500010000000000000000000000010000000100000001000000",
  );
});
