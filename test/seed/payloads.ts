import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32, gzipSync } from "node:zlib";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** The program that the payload `binary` is; it needs nothing else. */
export const staticProgram = "/bin/busybox";

/** The heterogeneous payloads that the seed names, each laid out in a directory. */
export const payloads: Readonly<Record<string, (directory: string, program: Uint8Array) => void>> = {
  binary: (directory, program) => {
    write(directory, { [staticProgram]: program });
    chmodSync(join(directory, staticProgram), 0o755);
  },
  scripts: (directory) => {
    write(directory, {
      "opt/app/run.sh": '#!/bin/sh\n. "$(dirname "$0")/lib/greet.sh"\ngreet "$@"\n',
      "opt/app/lib/greet.sh": 'greet() { echo "hello $*"; }\n',
      "opt/app/app.conf": "# configuration\nname = app\n",
    });
    chmodSync(join(directory, "opt/app/run.sh"), 0o755);
    symlinkSync("app/run.sh", join(directory, "opt/start"));
  },
  virtualenv: (directory) => {
    const packages = "venv/lib/python3.11/site-packages";
    write(directory, {
      "venv/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n",
      "venv/bin/activate": 'VIRTUAL_ENV="/venv"; export VIRTUAL_ENV\n',
      [`${packages}/thing/__init__.py`]: "def answer():\n    return 42\n",
      [`${packages}/thing/__pycache__/__init__.cpython-311.pyc`]: noise(700),
      [`${packages}/thing-1.0.dist-info/RECORD`]: "thing/__init__.py,,\n",
    });
    symlinkSync("/usr/bin/python3", join(directory, "venv/bin/python3"));
    symlinkSync("python3", join(directory, "venv/bin/python"));
    symlinkSync("lib", join(directory, "venv/lib64"));
  },
  jar: (directory) => {
    const manifest = "Manifest-Version: 1.0\r\nMain-Class: Main\r\n\r\n";
    write(directory, { "srv/app.jar": storedZip({ "META-INF/MANIFEST.MF": manifest, "Main.class": noise(900) }) });
  },
  gem: (directory) => {
    const gem = "usr/lib/ruby/gems/3.1.0/gems/thing-1.0";
    write(directory, {
      [`${gem}/lib/thing.rb`]: "module Thing; ANSWER = 42; end\n",
      [`${gem}/thing.gemspec`]: 'Gem::Specification.new { |s| s.name = "thing" }\n',
      "usr/lib/ruby/gems/3.1.0/cache/thing-1.0.gem": gzipSync(noise(1200)),
    });
  },
  files: (directory) => {
    write(directory, {
      "data/empty": "",
      "data/with space and ☕": "text\n",
      "data/line\nend": "x",
      [`data/${"long".repeat(50)}`]: "a long name",
      [`data/${"deep/".repeat(40)}file`]: "a long path",
      "data/large": noise(3_000_001),
      "data/.hidden": "dot\n",
      "data/private": "secret\n",
      "data/owned": "by somebody\n",
    });
    mkdirSync(join(directory, "data/empty-directory"));
    symlinkSync("nowhere", join(directory, "data/dangling"));
    linkSync(join(directory, "data/large"), join(directory, "data/linked"));
    execFileSync("mkfifo", [join(directory, "data/fifo")]);
    chmodSync(join(directory, "data/private"), 0o600);
    chownSync(join(directory, "data/owned"), 12_345, 54_321);
    chmodSync(join(directory, "data/owned"), 0o4755);
    chmodSync(join(directory, "data/empty-directory"), 0o1777);
    utimesSync(join(directory, "data/.hidden"), 1_000_000_000.25, 1_000_000_000.25);
  },
};

/** How the seed took tarballs: a filter each, which must be on PATH. */
export const compressions: Readonly<Record<string, readonly string[] | undefined>> = {
  plain: undefined,
  gz: ["gzip", "-nc"],
  bz2: ["bzip2", "-c"],
  xz: ["xz", "-0c"],
};

/** A tar of a directory's content. */
export function tarOf(directory: string): Buffer {
  return execFileSync("tar", ["-C", directory, "--format=pax", "--numeric-owner", "-c", "."], { maxBuffer: 1 << 28 });
}

export function compress(tar: Buffer, filter: readonly string[] | undefined): Buffer {
  return filter === undefined ? tar : execFileSync(filter[0]!, filter.slice(1), { input: tar, maxBuffer: 1 << 28 });
}

export function untar(tar: Uint8Array, directory: string): void {
  mkdirSync(directory, { recursive: true });
  execFileSync("tar", ["-C", directory, "--numeric-owner", "--same-permissions", "-x"], { input: tar });
}

function write(directory: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** Bytes of all values that do not compress, the same at each call. */
function noise(length: number): Buffer {
  let state = 0x2545f491;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    }),
  );
}

/** A zip archive whose members are stored as they are, which is what a jar is. */
function storedZip(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const members: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(10, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const member = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, Buffer.from(name), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\u0001\u0002\n\0"), common, rest, Buffer.from(name));
    members.push(member);
    offset += member.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...members, entries, end]);
}
