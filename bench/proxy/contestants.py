"""The proxies, each set up for its best on one thread, in front of one backend."""

import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import urllib.request

import install
from support import ports

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOADPAIR = ROOT / "build/release/bench/proxy/loadpair"
RELAY = LOADPAIR.with_name("relay")
LIVEFIX = ROOT / "build/release/livefix"
CPUS = sorted(os.sched_getaffinity(0))
PROXY_CPU, LOAD_CPU = CPUS[-1], CPUS[0]
# HAProxy wants two descriptors for each of its own, and does not start with fewer.
CONNECTIONS = min(40_000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100) // 2)


class Contestant:
    """A proxy that runs by itself, in front of a backend that was started beside it."""

    name = program = ""
    switches = True  # can be pointed at another backend while it serves
    how_it_switches = ""

    def configuration(self, backend, public, home):
        raise NotImplementedError

    def command(self, configuration):
        raise NotImplementedError

    def configure(self, backend, public, home):
        """Writes the file anew, at once. Its path."""
        file = home / self.name
        new = file.with_name(f"{self.name}.new")
        new.write_text(self.configuration(backend, public, home))
        new.rename(file)
        return file

    def start(self, backend, public, home, load):
        """Starts proxy and load. Returns both; the lines of the load come on the second's output."""
        proxy = on_proxy_cpu(self.command(self.configure(backend, public, home)), home)
        return proxy, subprocess.Popen(load_command(backend, public, load), stdout=subprocess.PIPE, text=True)

    def start_apart(self, backend, public, home):
        """Starts proxy and backend, without a load. The processes, the proxy first."""
        behind = subprocess.Popen(backend_command(backend, home))
        return [on_proxy_cpu(self.command(self.configure(backend, public, home)), home), behind]

    def switch(self, proxy, backend, public, home):
        """Has the proxy that runs send its requests to another backend. A process, when it is a new one."""
        raise NotImplementedError

    def version(self):
        return first_number(self.program, self.version_option)

    version_option = "-v"


class Nginx(Contestant):
    name, program, how_it_switches = "nginx", "/usr/sbin/nginx", "nginx -s reload"

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

    def switch(self, proxy, backend, public, home):
        command = [*self.command(self.configure(backend, public, home)), "-s", "reload"]
        on_proxy_cpu(command, home).wait(20)


class HAProxy(Contestant):
    name, program, how_it_switches = "haproxy", "/usr/sbin/haproxy", "set server ... state, by its socket"

    def configuration(self, backend, public, home):
        return f"""
global
  nbthread 1
  maxconn {CONNECTIONS}
  stats socket {home}/socket level admin expose-fd listeners
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
  server two 127.0.0.1:{backend} disabled
"""

    def command(self, configuration):
        return [self.program, "-db", "-q", "-f", str(configuration)]

    def switch(self, proxy, backend, public, home):
        # Another address for `one` would leave the connections that are kept where they are.
        for command in (f"shop/two addr 127.0.0.1 port {backend}", "shop/two state ready", "shop/one state drain"):
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(f"{home}/socket")
                control.sendall(f"set server {command}\n".encode())
                answer = control.recv(4096).decode().strip()
            if answer and "changed" not in answer:
                raise SystemExit(f"haproxy: {answer}")


class HAProxyReload(HAProxy):
    """A new process with a new configuration takes the sockets over; the old one finishes."""

    name, how_it_switches = "haproxy -sf", "a new haproxy -sf, with the sockets of the old one"

    def switch(self, proxy, backend, public, home):
        command = self.command(self.configure(backend, public, home))
        return on_proxy_cpu([*command, "-x", f"{home}/socket", "-sf", str(proxy.pid)], home)


class Caddy(Contestant):
    name, program, version_option = "caddy", "/usr/bin/caddy", "version"
    how_it_switches = "POST /load, by its admin API"

    def configuration(self, backend, public, home):
        self.admin = getattr(self, "admin", None) or ports.free_port()
        return f"""
{{
  admin 127.0.0.1:{self.admin}
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

    def switch(self, proxy, backend, public, home):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}/load", method="POST",
                                         data=self.configuration(backend, public, home).encode(),
                                         headers={"Content-Type": "text/caddyfile"})
        urllib.request.urlopen(request, timeout=20).close()


class Traefik(Contestant):
    name, program = "traefik", str(install.TRAEFIK)
    how_it_switches = "its file of services is written anew"

    def configuration(self, backend, public, home):
        # JSON is YAML. `services.yml` is looked at whenever it changes.
        services = {"http": {
            "routers": {"shop": {"rule": "PathPrefix(`/`)", "service": "shop", "entryPoints": ["shop"]}},
            "services": {"shop": {"loadBalancer": {"serversTransport": "shop",
                                                   "servers": [{"url": f"http://127.0.0.1:{backend}"}]}}},
            "serversTransports": {"shop": {"maxIdleConnsPerHost": 1024}}}}
        (home / "services.new").write_text(json.dumps(services))
        (home / "services.new").rename(home / "services.yml")
        return json.dumps({
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "log": {"level": "ERROR"},
            "entryPoints": {"shop": {"address": f"127.0.0.1:{public}", "transport": {
                "respondingTimeouts": {"readTimeout": 0, "idleTimeout": "600s"}}}},
            "providers": {"providersThrottleDuration": "10ms",
                          "file": {"filename": str(home / "services.yml"), "watch": True}},
            "experimental": {"fastProxy": {}}})

    def configure(self, backend, public, home):
        return super().configure(backend, public, home).rename(home / "traefik.yml")

    def command(self, configuration):
        return [self.program, f"--configfile={configuration}"]

    def switch(self, proxy, backend, public, home):
        self.configure(backend, public, home)

    def version(self):
        return install.VERSION.removeprefix("v")


class Livefix(Contestant):
    """It runs the backend as its service: what that listens on is taken over."""

    name, program, version_option = "livefix", str(LIVEFIX), "--version"
    how_it_switches = "livefix reload"

    def run(self, home, options, service, **more):
        command = [self.program, "--workers", "1", "--no-watch", "--name", "bench", *options, "--", *service]
        return on_proxy_cpu(command, home, stdout=subprocess.PIPE, text=True, **more)

    def start(self, backend, public, home, load):
        # At the end of a load there are requests that nobody answers any more.
        options = ["--color", "never", "--drain", "0ms", "--grace", "0ms"]
        pair = self.run(home, options, load_command(public, public, load))
        return pair, pair

    def start_apart(self, backend, public, home):
        return [self.run(home, ["--json"], backend_command(public, home))]

    def switch(self, proxy, backend, public, home):
        on_proxy_cpu([self.program, "reload", "--name", "bench"], home).wait(30)


class Relay(Contestant):
    """No contestant: it passes bytes on unread (relay.cc). No proxy can be much cheaper."""

    name, program = "relay", str(RELAY)

    def start(self, backend, public, home, load):
        command = [self.program, "--backend", f"127.0.0.1:{backend}", "--target", f"127.0.0.1:{public}"]
        return on_proxy_cpu(command, home), subprocess.Popen(load_command(backend, public, load),
                                                             stdout=subprocess.PIPE, text=True)


ALL = [Livefix(), Nginx(), HAProxy(), Caddy(), Traefik()]
SWITCHING = [ALL[0], ALL[1], ALL[2], HAProxyReload(), *ALL[3:]]


def on_proxy_cpu(command, home, stdout=subprocess.DEVNULL, **more):
    environment = {**os.environ, "GOMAXPROCS": "1", "HOME": str(home), "XDG_DATA_HOME": str(home),
                   "XDG_CONFIG_HOME": str(home)}
    return subprocess.Popen(["taskset", "-c", str(PROXY_CPU), *command], cwd=home, stdout=stdout,
                            stderr=subprocess.DEVNULL, env=environment, **more)


def load_command(backend, public, load):
    return [str(LOADPAIR), "--cpu", str(LOAD_CPU), "--backend", f"127.0.0.1:{backend}",
            "--target", f"127.0.0.1:{public}", "--stay", *map(str, load)]


def backend_command(port, home):
    """Answers with the mark in the file `mark` of the directory, as it is when the backend starts."""
    return [str(LOADPAIR), "--role", "backend", "--cpu", str(LOAD_CPU), "--backend", f"127.0.0.1:{port}",
            "--mark", str(home / "mark")]


def first_number(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return found[0] if found else "?"
