import { expect, test } from "vitest";

import {
  EngineError,
  Kernel,
  type Plugin,
  type Registrar,
  bind,
  definePlugin,
  inject,
  manyToken,
  token,
} from "@gantry/core";

import { anyHost, namedPlugin } from "./plugin-fixtures.ts";

const One = token<{ name: string }>("test/One");
const Two = token<{ one: { name: string } }>("test/Two");
const Many = manyToken<string>("test/Many");

class FirstOne {
  readonly name = "first";
}

class TakesOne {
  readonly one: { name: string };
  constructor(@inject(One) one: { name: string }) {
    this.one = one;
  }
}

function start(...plugins: Plugin[]): Promise<Kernel> {
  return Kernel.start({ plugins, host: anyHost });
}

function plugin(
  name: string,
  provides: object[],
  register: (registrar: Registrar) => void,
  requires: object[] = [],
): Plugin {
  return definePlugin({ name, provides: provides as never, requires: requires as never, register })();
}

test("a singleton takes what another plugin provides, whatever the order of the list", async () => {
  const two = plugin("two", [Two], (r) => r.singleton(Two, TakesOne), [One]);
  const one = plugin("one", [One], (r) => r.singleton(One, FirstOne));
  for (const plugins of [
    [two, one],
    [one, two],
  ]) {
    await using kernel = await start(...plugins);
    expect(kernel.get(Two).one).toBe(kernel.get(One));
    expect(kernel.get(One).name).toBe("first");
  }
});

test("values of the host are taken like a plugin's", async () => {
  const two = plugin("two", [Two], (r) => r.singleton(Two, TakesOne), [One]);
  await using kernel = await Kernel.start({ plugins: [two], values: [bind(One, { name: "host's" })], host: anyHost });
  expect(kernel.get(Two).one.name).toBe("host's");
});

test("many contributions come in the order of the list, also where needs start them in another", async () => {
  class Contribution {
    constructor(@inject(One) readonly one: { name: string }) {}
  }
  const late = plugin("late", [Many], (r) => r.singleton(Many, Contribution as never), [One]);
  const early = plugin("early", [One, Many], (r) => {
    r.singleton(One, FirstOne);
    r.value(Many, "b");
    r.value(Many, "c");
  });
  await using kernel = await start(late, early);
  const [first, ...rest] = kernel.getAll(Many);
  expect(first).toBeInstanceOf(Contribution);
  expect(rest).toEqual(["b", "c"]);
});

test("a class takes all contributions to a many token, and none is an empty array", async () => {
  class Collector {
    constructor(@inject(Many) readonly all: readonly string[]) {}
  }
  const All = token<Collector>("test/All");
  const collector = plugin("collector", [All], (r) => r.singleton(All, Collector), [Many]);
  await using full = await start(
    collector,
    namedPlugin("a", { provides: [Many] }),
    namedPlugin("b", { provides: [Many] }),
  );
  expect(full.get(All).all).toEqual(["a", "b"]);
  await using empty = await start(collector);
  expect(empty.get(All).all).toEqual([]);
});

test("an alias is another name for one instance", async () => {
  const Alias = token<{ name: string }>("test/Alias");
  const one = plugin("one", [One, Alias], (r) => {
    r.singleton(One, FirstOne);
    r.alias(Alias, One);
  });
  await using kernel = await start(one);
  expect(kernel.get(Alias)).toBe(kernel.get(One));
});

test("a plugin takes tokens of its own, named after it with the scope or without", async () => {
  for (const name of ["@scope/two/options", "two/options"]) {
    const Own = token<string>(name);
    class TakesOwn {
      constructor(@inject(Own) readonly own: string) {}
    }
    const two = plugin("@scope/two", [Two], (r) => {
      r.value(Own, "own");
      r.singleton(Two, TakesOwn as never);
    });
    await using kernel = await start(two);
    expect(kernel.get(Two)).toHaveProperty("own", "own");
  }
});

test("a class that declares no constructor takes what its base does", async () => {
  class Derived extends TakesOne {}
  const two = plugin("two", [Two], (r) => r.singleton(Two, Derived), [One]);
  await using kernel = await start(
    two,
    plugin("one", [One], (r) => r.singleton(One, FirstOne)),
  );
  expect(kernel.get(Two).one.name).toBe("first");
});

test("kernels in one process share nothing", async () => {
  const one = plugin("one", [One], (r) => r.singleton(One, FirstOne));
  await using left = await start(one);
  await using right = await start(one);
  expect(left.get(One)).not.toBe(right.get(One));
  await left.stop();
  expect(right.get(One).name).toBe("first");
});

test("get of what nobody provides is not found, and of a many token refused", async () => {
  await using kernel = await start();
  expect(() => kernel.get(One)).toThrow(expect.objectContaining({ code: "not-found" }));
  expect(() => kernel.get(Many)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  expect(kernel.getAll(One)).toEqual([]);
});

test.each([
  [
    "does not register what it provides",
    plugin("bad", [One, Two], (r) => r.singleton(One, FirstOne)),
    /bad says that it provides test\/Two/,
  ],
  [
    "registers what it does not provide",
    plugin("bad", [], (r) => r.singleton(One, FirstOne)),
    /bad registers test\/One/,
  ],
  [
    "registers a token twice",
    plugin("bad", [One], (r) => {
      r.singleton(One, FirstOne);
      r.singleton(One, FirstOne);
    }),
    /bad registers test\/One twice/,
  ],
  [
    "takes what it does not require",
    plugin("bad", [Two], (r) => r.singleton(Two, TakesOne)),
    /bad takes test\/One but does not list it in requires/,
  ],
  [
    "has a parameter without @inject",
    plugin("bad", [Two], (r) => {
      class Unmarked {
        readonly one: { name: string };
        constructor(one: { name: string }) {
          this.one = one;
        }
      }
      r.singleton(Two, Unmarked);
    }),
    /bad Unmarked: parameter 1 of its constructor has no @inject/,
  ],
])("a plugin that %s is refused by its name", async (_what, bad, message) => {
  const error = await start(bad).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "invalid-argument", message: expect.stringMatching(message) });
  expect(error).toHaveProperty("details.plugin", "bad");
});

test("a register that throws is told with the plugin's name and keeps its code", async () => {
  const bad = plugin("bad", [], () => {
    throw new EngineError("forbidden", "not here");
  });
  await expect(start(bad)).rejects.toMatchObject({
    code: "forbidden",
    message: "plugin bad could not register: not here",
  });
});

test("classes that take one another in a circle are told by their names", async () => {
  const Left = token<object>("ring/left");
  const Right = token<object>("ring/right");
  class LeftClass {
    constructor(@inject(Right) readonly other: object) {}
  }
  class RightClass {
    constructor(@inject(Left) readonly other: object) {}
  }
  const ring = plugin("ring", [Left, Right], (r) => {
    r.singleton(Left, LeftClass);
    r.singleton(Right, RightClass);
  });
  await expect(start(ring)).rejects.toThrow(/ring could not start: .*circle: LeftClass → RightClass → LeftClass/);
});
