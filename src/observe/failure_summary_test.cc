#include "observe/failure_summary.h"

#include <gtest/gtest.h>

#include "observe/observe_harness.h"

namespace livefix::observe {
namespace {

struct SummarySample {
  const char* name;
  std::vector<std::string> summary;
  std::string output;  // as the program wrote it
};

class FailureSummary : public ::testing::TestWithParam<SummarySample> {};

TEST_P(FailureSummary, FindsTheHeadline) {
  EXPECT_EQ(summarize_failure(lines_of(GetParam().output), "/tmp/fx"), GetParam().summary);
}

INSTANTIATE_TEST_SUITE_P(
    Programs, FailureSummary,
    ::testing::Values(
        SummarySample{"NodeSyntax",
                      {"SyntaxError: Unexpected token '}' (src/cart.js:3)"},
                      R"out(/tmp/fx/src/cart.js:3
}}
 ^

SyntaxError: Unexpected token '}'
    at wrapSafe (node:internal/modules/cjs/loader:1464:18)
    at Module._compile (node:internal/modules/cjs/loader:1495:20)
    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)
    at Module.load (node:internal/modules/cjs/loader:1266:32)
    at Module._load (node:internal/modules/cjs/loader:1091:12)
    at Module.require (node:internal/modules/cjs/loader:1289:19)
    at require (node:internal/modules/helpers:182:18)
    at Object.<anonymous> (/tmp/fx/server.js:1:1)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)

Node.js v20.20.2
)out"},
        SummarySample{"NodeMissingModule",
                      {"Error: Cannot find module 'express-nope' (m.js:1)"},
                      R"out(node:internal/modules/cjs/loader:1210
  throw err;
  ^

Error: Cannot find module 'express-nope'
Require stack:
- /tmp/fx/m.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)
    at Module._load (node:internal/modules/cjs/loader:1038:27)
    at Module.require (node:internal/modules/cjs/loader:1289:19)
    at require (node:internal/modules/helpers:182:18)
    at Object.<anonymous> (/tmp/fx/m.js:1:11)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)
    at Module.load (node:internal/modules/cjs/loader:1266:32)
    at Module._load (node:internal/modules/cjs/loader:1091:12)
    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/tmp/fx/m.js' ]
}

Node.js v20.20.2
)out"},
        SummarySample{"NodeTypeError",
                      {"TypeError: Cannot read properties of null (reading 'foo') (e.js:1)"},
                      R"out(/tmp/fx/e.js:1
function f() { null.foo; }
                    ^

TypeError: Cannot read properties of null (reading 'foo')
    at f (/tmp/fx/e.js:1:21)
    at Object.<anonymous> (/tmp/fx/e.js:2:1)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)
    at Module.load (node:internal/modules/cjs/loader:1266:32)
    at Module._load (node:internal/modules/cjs/loader:1091:12)
    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)
    at node:internal/main/run_main_module:28:49

Node.js v20.20.2
)out"},
        SummarySample{
            "NodeMissingImport",
            {"Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/tmp/fx/nope.mjs' imported from "
             "/tmp/fx/i.mjs"},
            R"out(node:internal/modules/esm/resolve:283
    throw new ERR_MODULE_NOT_FOUND(
          ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/tmp/fx/nope.mjs' imported from /tmp/fx/i.mjs
    at finalizeResolution (node:internal/modules/esm/resolve:283:11)
    at moduleResolve (node:internal/modules/esm/resolve:952:10)
    at defaultResolve (node:internal/modules/esm/resolve:1188:11)
    at ModuleLoader.defaultResolve (node:internal/modules/esm/loader:708:12)
    at #cachedDefaultResolve (node:internal/modules/esm/loader:657:25)
    at ModuleLoader.resolve (node:internal/modules/esm/loader:640:38)
    at ModuleLoader.getModuleJobForImport (node:internal/modules/esm/loader:264:38)
    at ModuleJob._link (node:internal/modules/esm/module_job:168:49) {
  code: 'ERR_MODULE_NOT_FOUND',
  url: 'file:///tmp/fx/nope.mjs'
}

Node.js v20.20.2
)out"},
        SummarySample{"NodeRejection",
                      {"Error: no db (r.js:1)"},
                      R"out(/tmp/fx/r.js:1
Promise.reject(new Error("no db"));
               ^

Error: no db
    at Object.<anonymous> (/tmp/fx/r.js:1:16)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)
    at Module.load (node:internal/modules/cjs/loader:1266:32)
    at Module._load (node:internal/modules/cjs/loader:1091:12)
    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)
    at node:internal/main/run_main_module:28:49

Node.js v20.20.2
)out"},
        SummarySample{"NodeModuleSyntax",
                      {"SyntaxError: Unexpected token ';' (s.mjs:1)"},
                      R"out(file:///tmp/fx/s.mjs:1
export const a = ;
                 ^

SyntaxError: Unexpected token ';'
    at compileSourceTextModule (node:internal/modules/esm/utils:346:16)
    at ModuleLoader.moduleStrategy (node:internal/modules/esm/translators:146:18)
    at #translate (node:internal/modules/esm/loader:497:12)
    at ModuleLoader.loadAndTranslate (node:internal/modules/esm/loader:544:27)
    at async ModuleJob._link (node:internal/modules/esm/module_job:148:19)

Node.js v20.20.2
)out"},
        SummarySample{"NodeThrownText",
                      {"just text (t.js:1)"},
                      R"out(
/tmp/fx/t.js:1
throw "just text"
^
just text
(Use `node --trace-uncaught ...` to show where the exception was thrown)

Node.js v20.20.2
)out"},
        SummarySample{
            "PythonError",
            {"json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: "
             "line 1 column 2 (char 1) (py/app.py:3)"},
            R"out(Traceback (most recent call last):
  File "/tmp/fx/py/app.py", line 4, in <module>
    f()
  File "/tmp/fx/py/app.py", line 3, in f
    return json.loads("{")
           ^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode
    obj, end = self.raw_decode(s, idx=_w(s, 0).end())
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/json/decoder.py", line 353, in raw_decode
    obj, end = self.scan_once(s, idx)
               ^^^^^^^^^^^^^^^^^^^^^^
json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)
)out"},
        SummarySample{"PythonSyntax",
                      {"SyntaxError: invalid syntax (py/s.py:1)"},
                      R"out(  File "/tmp/fx/py/s.py", line 1
    def f(:
          ^
SyntaxError: invalid syntax
)out"},
        SummarySample{"PythonMissingModule",
                      {"ModuleNotFoundError: No module named 'nope' (py/m.py:1)"},
                      R"out(Traceback (most recent call last):
  File "/tmp/fx/py/m.py", line 1, in <module>
    import nope
ModuleNotFoundError: No module named 'nope'
)out"},
        SummarySample{"PythonChain",
                      {"RuntimeError: second (py/c.py:4)"},
                      R"out(Traceback (most recent call last):
  File "/tmp/fx/py/c.py", line 2, in <module>
    1/0
    ~^~
ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/tmp/fx/py/c.py", line 4, in <module>
    raise RuntimeError("second")
RuntimeError: second
)out"},
        SummarySample{"Gunicorn",
                      {"ModuleNotFoundError: No module named 'nope' (wapp.py:1)"},
                      R"out([2026-11-24 14:32:51 +0000] [15751] [INFO] Starting gunicorn 20.1.0
[2026-11-24 14:32:51 +0000] [15751] [INFO] Listening at: http://127.0.0.1:34347 (15751)
[2026-11-24 14:32:51 +0000] [15751] [INFO] Using worker: sync
[2026-11-24 14:32:51 +0000] [15752] [INFO] Booting worker with pid: 15752
[2026-11-24 14:32:51 +0000] [15752] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/gunicorn/arbiter.py", line 589, in spawn_worker
    worker.init_process()
  File "/usr/lib/python3/dist-packages/gunicorn/workers/base.py", line 134, in init_process
    self.load_wsgi()
  File "/usr/lib/python3/dist-packages/gunicorn/workers/base.py", line 146, in load_wsgi
    self.wsgi = self.app.wsgi()
                ^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/gunicorn/app/base.py", line 67, in wsgi
    self.callable = self.load()
                    ^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/gunicorn/app/wsgiapp.py", line 58, in load
    return self.load_wsgiapp()
           ^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/gunicorn/app/wsgiapp.py", line 48, in load_wsgiapp
    return util.import_app(self.app_uri)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/gunicorn/util.py", line 384, in import_app
    mod = importlib.import_module(module)
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/importlib/__init__.py", line 126, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "<frozen importlib._bootstrap>", line 1206, in _gcd_import
  File "<frozen importlib._bootstrap>", line 1178, in _find_and_load
  File "<frozen importlib._bootstrap>", line 1149, in _find_and_load_unlocked
  File "<frozen importlib._bootstrap>", line 690, in _load_unlocked
  File "<frozen importlib._bootstrap_external>", line 940, in exec_module
  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
  File "/tmp/fx/wapp.py", line 1, in <module>
    import nope
ModuleNotFoundError: No module named 'nope'
[2026-11-24 14:32:51 +0000] [15752] [INFO] Worker exiting (pid: 15752)
[2026-11-24 14:32:51 +0000] [15751] [INFO] Shutting down: Master
[2026-11-24 14:32:51 +0000] [15751] [INFO] Reason: Worker failed to boot.
)out"},
        SummarySample{"GoPanic",
                      {"panic: assignment to entry in nil map (go/main.go:3)"},
                      R"out(hi
panic: assignment to entry in nil map

goroutine 1 [running]:
main.f(...)
	/tmp/fx/go/main.go:3
main.main()
	/tmp/fx/go/main.go:6 +0x65
)out"},
        SummarySample{
            "Java",
            {"java.lang.IllegalStateException: boom (Main.java:4)",
             "Caused by: java.lang.NullPointerException: Cannot invoke \"Object.toString()\" "
             "because \"<local0>\" is null (Main.java:2)"},
            R"out(Exception in thread "main" java.lang.IllegalStateException: boom
	at Main.main(Main.java:4)
Caused by: java.lang.NullPointerException: Cannot invoke "Object.toString()" because "<local0>" is null
	at Main.f(Main.java:2)
	at Main.main(Main.java:4)
	at java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
	at java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke(NativeMethodAccessorImpl.java:77)
	at java.base/jdk.internal.reflect.DelegatingMethodAccessorImpl.invoke(DelegatingMethodAccessorImpl.java:43)
	at java.base/java.lang.reflect.Method.invoke(Method.java:569)
	at jdk.compiler/com.sun.tools.javac.launcher.Main.execute(Main.java:419)
	at jdk.compiler/com.sun.tools.javac.launcher.Main.run(Main.java:192)
	at jdk.compiler/com.sun.tools.javac.launcher.Main.main(Main.java:132)
)out"},
        SummarySample{"NodePrintedBeforeExit",
                      {"Error: connect ECONNREFUSED 127.0.0.1:5432 (db.js:3)"},
                      R"out(cannot start: Error: connect ECONNREFUSED 127.0.0.1:5432
    at connect (/tmp/fx/node_modules/pg/client.js:9:1)
    at start (/tmp/fx/db.js:3:7) {
  errno: -111
}
)out"},
        SummarySample{
            "Ruby",
            {"undefined method `rate' for nil:NilClass (NoMethodError) (app.rb:5)"},
            "app.rb:5:in `checkout': undefined method `rate' for nil:NilClass (NoMethodError)\n"
            "\tfrom app.rb:9:in `<main>'\n"},
        SummarySample{"Rust",
                      {"panic: no rate (src/main.rs:17)"},
                      R"out(thread 'main' panicked at src/main.rs:17:9:
no rate
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
)out"},
        SummarySample{
            "Javac",
            {"error: incompatible types: String cannot be converted to int (java/B.java:1)"},
            R"out(java/B.java:1: error: incompatible types: String cannot be converted to int
public class Main { int x = "a"; }
                            ^
1 error
error: compilation failed
)out"},
        SummarySample{"GoBuild",
                      {"declared and not used: x (main.go:3)", "undefined: y (main.go:4)"},
                      R"out(# x
./main.go:3:3: declared and not used: x
./main.go:4:3: undefined: y
)out"},
        SummarySample{
            "Anything", {"b", "c", "d", "e", "f"}, "a\nb\nc\nd\n\n\x1b[31me\x1b[0m\nf\r\n"},
        SummarySample{"Nothing", {}, ""}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace livefix::observe
