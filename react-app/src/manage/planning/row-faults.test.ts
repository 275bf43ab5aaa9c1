import { expect, it } from "vitest";
import { atRow } from "./row-faults";

it("a complaint about one shift finds its row", () => {
  expect(atRow({ title: "No." }, 2)).toEqual({ "shifts.2.title": "No." });
});
