// Turns what Vite has built into a source of livefix: node tools/pack.mjs DIST OUTPUT.cc
// Each file is there twice, as it is and gzipped, so that nothing is compressed at a request.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const MOST = 150 * 1024; // bytes of all files, gzipped: what a phone loads the first time
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [dist, output] = process.argv.slice(2);
const names = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(dist, path.join(entry.parentPath ?? entry.path, entry.name)))
  .sort();

const array = (bytes) => (bytes.length === 0 ? '0' : [...bytes].join(','));
let total = 0;
let arrays = '';
let rows = '';
names.forEach((name, i) => {
  const type = TYPES[path.extname(name)];
  if (!type) throw new Error(`${name}: pack.mjs knows no type of such files`);
  const plain = readFileSync(path.join(dist, name));
  const gzipped = gzipSync(plain, { level: 9 });
  total += gzipped.length;
  const tag = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  const where = name === 'index.html' ? '/' : `/${name}`;
  arrays += `constexpr unsigned char kPlain${i}[] = {${array(plain)}};\n`;
  arrays += `constexpr unsigned char kGzipped${i}[] = {${array(gzipped)}};\n`;
  rows +=
    `    {"${where}", "${type}", text_of(kPlain${i}), text_of(kGzipped${i}), ` +
    `"\\"${tag}\\"", ${name.startsWith('assets/')}},\n`;
});
console.log(`page: ${names.length} files, ${(total / 1024).toFixed(1)} KiB gzipped`);
if (total >= MOST) throw new Error(`the page has ${total} bytes gzipped; ${MOST} are the limit`);

writeFileSync(
  output,
  `// Made by web/tools/pack.mjs.
#include "control/page_files.h"

#include <array>
#include <cstddef>

namespace livefix::control {
namespace {

${arrays}
template <std::size_t kSize>
std::string_view text_of(const unsigned char (&bytes)[kSize]) {
  return {reinterpret_cast<const char*>(bytes), kSize};
}

}  // namespace

std::span<const PageFile> page_files() {
  static const std::array<PageFile, ${names.length}> kFiles{{
${rows}  }};
  return kFiles;
}

}  // namespace livefix::control
`,
);
