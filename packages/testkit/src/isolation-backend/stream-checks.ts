import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import { expectAborted } from "../expect-error.ts";
import { collect } from "../fixtures/collect.ts";
import { randomContent } from "../fixtures/random-content.ts";
import {
  type IsolationCheck,
  bytesOf,
  create,
  feed,
  finish,
  outputOf,
  run,
  start,
  untilOutput,
} from "./isolation-bench.ts";

const mebibyte = 1024 * 1024;
const stdin = { options: { openStdin: true } };

export const streamChecks: readonly IsolationCheck[] = [
  {
    rule: "both streams are recorded, apart",
    async run(bench) {
      const { stdout, stderr } = await run(bench, "echo out; echo err >&2; echo again");
      assert.deepEqual([stdout, stderr], ["out\nagain\n", "err\n"]);
    },
  },
  {
    rule: "chunks come in the order in which they were written, with their times",
    async run(bench) {
      const before = BigInt(Date.now() - 50) * 1_000_000n;
      const container = await start(bench, "echo 1; sleep 0.1; echo 2 >&2; sleep 0.1; echo 3");
      await container.wait();
      const chunks = await collect(container.output());
      assert.equal(bytesOf(chunks).toString(), "1\n2\n3\n");
      assert.deepEqual(
        chunks.map(({ stream }) => stream),
        ["stdout", "stderr", "stdout"],
      );
      const times = chunks.map(({ time }) => time);
      assert.ok(times[0]! > before && times[2]! - times[0]! > 150_000_000n, times.join());
      assert.ok(times[2]! - times[0]! < 10_000_000_000n, times.join());
    },
  },
  {
    rule: "a program that writes nothing has no output",
    async run(bench) {
      const container = await start(bench, "true");
      await container.wait();
      assert.deepEqual(await collect(container.output()), []);
    },
  },
  {
    rule: "any bytes pass unchanged from stdin to the record",
    async run(bench) {
      const { bytes } = randomContent(3 * mebibyte);
      const container = await start(bench, ["cat"], stdin);
      await feed(container, bytes);
      assert.equal((await container.wait()).code, 0);
      assert.ok(bytes.equals(bytesOf(await collect(container.output()))));
    },
  },
  {
    rule: "a program without open stdin reads its end at once",
    async run(bench) {
      const { exit, stdout } = await run(bench, "cat; echo end");
      assert.deepEqual([exit.code, stdout], [0, "end\n"]);
    },
  },
  {
    rule: "what is written to stdin before the start is read after it",
    async run(bench) {
      const container = await create(bench, ["cat"], stdin);
      await container.writeStdin(Buffer.from("early"));
      await container.start();
      await container.closeStdin();
      assert.equal((await finish(container)).stdout, "early");
    },
  },
  {
    rule: "an open stdin stays open until it is closed",
    async run(bench) {
      const container = await start(bench, "cat; echo end", stdin);
      for (const word of ["one", "two"]) {
        await container.writeStdin(Buffer.from(word));
        await untilOutput(container, word);
        await delay(30);
      }
      assert.equal(await container.state(), "running");
      await container.closeStdin();
      assert.equal((await finish(container)).stdout, "onetwoend\n");
    },
  },
  {
    rule: "what is written after the program closed its stdin is dropped",
    async run(bench) {
      const container = await start(bench, "exec 0<&-; echo closed; sleep 0.5; echo end", stdin);
      await untilOutput(container, "closed");
      for (let index = 0; index < 8; index += 1) await container.writeStdin(new Uint8Array(65_536));
      assert.equal((await finish(container)).stdout, "closed\nend\n");
    },
  },
  {
    rule: "positions grow, and reading goes on from any of them",
    async run(bench) {
      const script = [1, 2, 3, 4, 5].map((line) => `echo line ${line}`).join("; sleep 0.02; ");
      const container = await start(bench, script);
      await container.wait();
      const chunks = await collect(container.output());
      const whole = bytesOf(chunks).toString();
      assert.equal(whole, "line 1\nline 2\nline 3\nline 4\nline 5\n");
      let read = 0;
      let last = 0;
      for (const { data, next, lost } of chunks) {
        read += data.length;
        assert.ok(next > last && lost === undefined, `${next} after ${last}`);
        last = next;
        assert.equal(await outputOf(container, { from: next }), whole.slice(read));
      }
      assert.equal(await container.outputEnd(), last);
    },
  },
  {
    rule: "without follow, output ends at the present end of a running container",
    async run(bench) {
      const container = await start(bench, "echo now; sleep 60");
      await untilOutput(container, "now");
      assert.equal(await outputOf(container), "now\n");
      const end = await container.outputEnd();
      assert.equal(await outputOf(container, { from: end }), "");
    },
  },
  {
    rule: "a follower from before the start gets everything and ends with the container",
    async run(bench) {
      const container = await create(bench, "echo 1; sleep 0.1; echo 2; sleep 0.1; echo 3");
      const following = outputOf(container, { follow: true });
      await container.start();
      assert.equal(await following, "1\n2\n3\n");
      assert.equal(await container.state(), "stopped");
    },
  },
  {
    rule: "a follower of a stopped container gets everything and ends",
    async run(bench) {
      const container = await start(bench, "echo text");
      await container.wait();
      assert.equal(await outputOf(container, { follow: true }), "text\n");
    },
  },
  {
    rule: "several readers each get the same",
    async run(bench) {
      const { bytes } = randomContent(mebibyte);
      const container = await start(bench, ["cat"], stdin);
      const readers = [1, 2, 3].map(() => collect(container.output({ follow: true })));
      await feed(container, bytes);
      for (const chunks of await Promise.all(readers)) assert.ok(bytes.equals(bytesOf(chunks)));
    },
  },
  {
    rule: "a reader that stands still does not hold the container up",
    async run(bench) {
      const { bytes } = randomContent(4 * mebibyte);
      const container = await start(bench, ["cat"], stdin);
      const iterator = container.output({ follow: true })[Symbol.asyncIterator]();
      await container.writeStdin(bytes.subarray(0, 10));
      await iterator.next();
      await feed(container, bytes.subarray(10));
      assert.equal((await container.wait()).code, 0);
      await iterator.return?.();
      assert.ok(bytes.equals(bytesOf(await collect(container.output()))));
    },
  },
  {
    rule: "an aborted follower rejects with the signal's reason",
    async run(bench) {
      const container = await start(bench, "sleep 60");
      await expectAborted((signal) => collect(container.output({ follow: true, signal })));
      const caller = new AbortController();
      const following = collect(container.output({ follow: true, signal: caller.signal }));
      const failed = assert.rejects(following, /given up/);
      await delay(20);
      caller.abort(new Error("given up"));
      await failed;
    },
  },
  {
    rule: "what lies after a released position is kept, and a reader from before it is told of a loss",
    async run(bench) {
      const { bytes } = randomContent(2 * mebibyte);
      const container = await start(bench, ["cat"], stdin);
      await feed(container, bytes);
      await container.wait();
      const chunks = await collect(container.output());
      const { next } = chunks[Math.floor(chunks.length / 2)]!;
      const rest = bytesOf(await collect(container.output({ from: next })));
      await container.releaseOutput(next);
      assert.ok(rest.equals(bytesOf(await collect(container.output({ from: next })))));
      const fromStart = await collect(container.output({ from: 0 }));
      const kept = bytesOf(fromStart);
      assert.ok(kept.length >= rest.length && bytes.subarray(bytes.length - kept.length).equals(kept));
      if (kept.length < bytes.length) assert.ok((fromStart[0]?.lost ?? 0) > 0, "the reader was not told of the loss");
    },
  },
  {
    rule: "the record keeps within outputLimit: the newest is kept, and a reader from the start is told of the loss",
    async run(bench) {
      const { bytes } = randomContent(6 * mebibyte);
      const container = await start(bench, ["cat"], { options: { openStdin: true, outputLimit: mebibyte } });
      await feed(container, bytes);
      await container.wait();
      const chunks = await collect(container.output({ from: 0 }));
      const kept = bytesOf(chunks);
      assert.ok(kept.length >= mebibyte / 2 && kept.length <= 3 * mebibyte, `${kept.length} bytes are kept`);
      assert.ok(bytes.subarray(bytes.length - kept.length).equals(kept), "what is kept is not the newest");
      assert.ok((chunks[0]?.lost ?? 0) > 0, "the reader was not told of the loss");
      assert.equal((await collect(container.output()))[0]?.lost, undefined);
    },
  },
];
