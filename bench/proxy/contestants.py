"""The proxies, each set up for its best on one thread, in front of one backend."""

import os
import pathlib
import re
import resource
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOADPAIR = ROOT / "build/release/bench/proxy/loadpair"
LIVEFIX = ROOT / "build/release/livefix"
PROXY_CPU, LOAD_CPU = 1, 0
# HAProxy wants two descriptors for each of its own, and does not start with fewer.
CONNECTIONS = min(40_000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100) // 2)


class Contestant:
    """A proxy that runs by itself; the load pair is started beside it."""

    name = program = ""

    def configuration(self, backend, public, home):
        raise NotImplementedError

    def command(self, configuration):
        raise NotImplementedError

    def start(self, backend, public, home, load):
        """Starts proxy and load. Returns both; the lines of the load come on the second's output."""
        configuration = home / self.name
        configuration.write_text(self.configuration(backend, public, home))
        environment = {**os.environ, "GOMAXPROCS": "1", "HOME": str(home), "XDG_DATA_HOME": str(home),
                       "XDG_CONFIG_HOME": str(home)}
        proxy = subprocess.Popen(["taskset", "-c", str(PROXY_CPU), *self.command(configuration)], cwd=home,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        pair = subprocess.Popen(load_command(backend, public, load), stdout=subprocess.PIPE, text=True)
        return proxy, pair

    def version(self):
        return first_number(self.program, self.version_option)

    version_option = "-v"


class Nginx(Contestant):
    name, program = "nginx", "/usr/sbin/nginx"

    def configuration(self, backend, public, home):
        return f"""
worker_processes 1; worker_rlimit_nofile 65536; daemon off; pid {home}/nginx.pid; error_log stderr crit;
events {{ worker_connections 32768; multi_accept on; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_buffer_size 256k; client_max_body_size 0; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
  upstream shop {{ server 127.0.0.1:{backend}; keepalive 512; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{public} backlog=4096;
    location / {{
      proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_buffer_size 16k; proxy_buffers 16 64k; proxy_busy_buffers_size 128k;
      proxy_max_temp_file_size 0;
    }}
  }}
}}
"""

    def command(self, configuration):
        return [self.program, "-e", "stderr", "-c", str(configuration)]


class HAProxy(Contestant):
    name, program = "haproxy", "/usr/sbin/haproxy"

    def configuration(self, backend, public, home):
        return f"""
global
  nbthread 1
  maxconn {CONNECTIONS}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
  option forwardfor
frontend shop
  bind 127.0.0.1:{public}
  default_backend shop
backend shop
  server one 127.0.0.1:{backend}
"""

    def command(self, configuration):
        return [self.program, "-db", "-q", "-f", str(configuration)]


class Caddy(Contestant):
    name, program, version_option = "caddy", "/usr/bin/caddy", "version"

    def configuration(self, backend, public, home):
        return f"""
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{public} http://shop.example:{public} {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{backend} {{
    transport http {{
      keepalive_idle_conns_per_host 1024
    }}
  }}
}}
"""

    def command(self, configuration):
        return [self.program, "run", "--adapter", "caddyfile", "--config", str(configuration)]


class Livefix(Contestant):
    """It runs the load pair as its service: what that listens on is taken over."""

    name, program, version_option = "livefix", str(LIVEFIX), "--version"

    def start(self, backend, public, home, load):
        command = ["taskset", "-c", str(PROXY_CPU), str(LIVEFIX), "--workers", "1", "--no-watch", "--color",
                   "never", "--name", "bench", "--grace", "0ms", "--", *load_command(public, public, load)]
        pair = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, text=True)
        return pair, pair


ALL = [Livefix(), Nginx(), HAProxy(), Caddy()]


def load_command(backend, public, load):
    return [str(LOADPAIR), "--cpu", str(LOAD_CPU), "--backend", f"127.0.0.1:{backend}",
            "--target", f"127.0.0.1:{public}", *map(str, load)]


def first_number(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found[0] if found else "?"
