import { noImageDefaults } from "@gantry/oci";
import type { ImageDefaults } from "@gantry/oci";
import { describe, expect, it } from "vitest";

import { applyChanges } from "../src/images/changes/apply-changes.ts";
import { expandWord, splitWords } from "../src/images/changes/instruction-words.ts";

const base: ImageDefaults = {
  ...noImageDefaults,
  env: ["PATH=/bin", "A=1"],
  command: ["old"],
  labels: { kept: "yes" },
};
const after = (...changes: readonly string[]): ImageDefaults => applyChanges(base, changes);

describe("instructions", () => {
  it.for<[string, Partial<ImageDefaults>]>([
    ['CMD ["a", "b c"]', { command: ["a", "b c"] }],
    ["cmd echo $HOME", { command: ["/bin/sh", "-c", "echo $HOME"] }],
    ['CMD ["a", b]', { command: ["/bin/sh", "-c", '["a", b]'] }],
    ["CMD []", { command: [] }],
    ['ENTRYPOINT ["top", "-b"]', { entrypoint: ["top", "-b"], command: [] }],
    ["ENV B=2", { env: ["PATH=/bin", "A=1", "B=2"] }],
    ["ENV A=${A}0 PATH=/x:$PATH", { env: ["PATH=/x:/bin", "A=10"] }],
    ['ENV S="two words" T=a\\ b', { env: ["PATH=/bin", "A=1", "S=two words", "T=a b"] }],
    ["ENV OLD the old  form", { env: ["PATH=/bin", "A=1", "OLD=the old  form"] }],
    ["LABEL a=1 'b c'=\"d e\"", { labels: { kept: "yes", a: "1", "b c": "d e" } }],
    ["EXPOSE 80 53/udp 8000-8001", { exposedPorts: ["80/tcp", "53/udp", "8000/tcp", "8001/tcp"] }],
    ['VOLUME ["/a b", "/c"]', { volumes: ["/a b", "/c"] }],
    ["VOLUME /a /b", { volumes: ["/a", "/b"] }],
    ["USER web:www", { user: "web:www" }],
    ["WORKDIR /srv", { workingDirectory: "/srv" }],
    ["STOPSIGNAL SIGINT", { stopSignal: "SIGINT" }],
    ["ONBUILD RUN make", { onBuild: ["RUN make"] }],
    ["HEALTHCHECK NONE", { healthcheck: { test: ["NONE"] } }],
    [
      "HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f localhost",
      { healthcheck: { test: ["CMD-SHELL", "curl -f localhost"], interval: 90e9, retries: 3 } },
    ],
    [
      'HEALTHCHECK --start-period=5s --timeout=1.5s CMD ["true"]',
      { healthcheck: { test: ["CMD", "true"], startPeriod: 5e9, timeout: 1.5e9 } },
    ],
  ])("%s", ([change, expected]) => {
    expect(after(change)).toEqual({ ...base, ...expected });
  });

  it("come in order, several to a change, and lines may be broken", () => {
    expect(after("WORKDIR /a\n# a comment\n\nWORKDIR b\\\nc", "WORKDIR ../d").workingDirectory).toBe("/a/d");
    expect(after("CMD x", 'ENTRYPOINT ["y"]')).toMatchObject({ command: ["/bin/sh", "-c", "x"], entrypoint: ["y"] });
    expect(after('ENTRYPOINT ["y"]', 'CMD ["z"]')).toMatchObject({ command: ["z"], entrypoint: ["y"] });
    expect(applyChanges({ ...base, shell: ["/bin/ash", "-ec"] }, ["CMD x"]).command).toEqual(["/bin/ash", "-ec", "x"]);
  });

  it.for<[string, string]>([
    ["RUN make", "run is not a valid change command"],
    ["constructor x", "constructor is not a valid change command"],
    ["CMD", "CMD requires at least one argument"],
    ["ENV A", "ENV must have two arguments"],
    ["ENV A=1 B", 'Syntax error - can\'t find = in "B". Must be of the form: name=value'],
    ["ENV =1", "ENV names can not be blank"],
    ["LABEL a='b", "unexpected end of statement while looking for matching single-quote"],
    ["EXPOSE 70000", "Invalid containerPort: 70000"],
    ["EXPOSE 9-8", "Invalid containerPort: 9-8"],
    ["EXPOSE 80/http", "Invalid containerPort: 80/http"],
    ['VOLUME [""]', "VOLUME specified can not be an empty string"],
    ["USER a b", "USER requires exactly one argument"],
    ["STOPSIGNAL SIGNOT", "Invalid signal: SIGNOT"],
    ["ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
    ["ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
    ["HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"],
    ["HEALTHCHECK RUN x", 'Unknown type "RUN" in HEALTHCHECK (try CMD)'],
    ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"],
    ["HEALTHCHECK --every=1s CMD x", "unknown flag: --every"],
    ["HEALTHCHECK --interval=1us CMD x", 'Interval "interval" cannot be less than 1ms'],
  ])("refuse %s", ([change, message]) => {
    expect(() => after(change)).toThrow(expect.objectContaining({ code: "invalid-argument", message }));
  });
});

describe("words", () => {
  it("keep their quotes until they are expanded", () => {
    expect(splitWords(`a 'b c' "d \\" e"f g\\ h`)).toEqual(["a", "'b c'", `"d \\" e"f`, "g\\ h"]);
    const env = ["X=x y", "EMPTY="];
    expect(expandWord(`'$X'"$X"\\$X$X`, env)).toBe("$Xx y$Xx y");
    expect(expandWord("${NONE:-a${X}b}|${EMPTY:-d}|${EMPTY-d}|${X:+set}|${NONE:+set}", env)).toBe("ax yb|d||set|");
    expect(expandWord("$|$9|a$", env)).toBe("$||a$");
    expect(() => expandWord("${X", env)).toThrow("matching brace");
    expect(() => expandWord("${X?}", env)).toThrow("unsupported modifier");
  });
});
