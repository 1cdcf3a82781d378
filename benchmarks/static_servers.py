"""Static files behind real servers: requests per second, for orientation.

    python -m benchmarks.static_servers

Ours, starlette 0.47.3 and whitenoise behind uvicorn, and nginx, each with one worker
process, serve the same folder to ``wrk``, one after the other, in several rounds; the
best round counts.  It needs nginx, wrk and uv on PATH, and a package index for the
environments of the contenders.  Server and client share the processors, so that only
the order of the figures means something.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

SERVER = ["uvicorn", "httptools", "uvloop"]
SIZES = {"1k.js": 1024, "64k.js": 64 * 1024, "1m.bin": 1024 * 1024}
ROOT = Path(__file__).resolve().parent.parent

ASGI = """
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/static", StaticFiles(directory={folder!r}))])
"""
WSGI = """
from whitenoise import WhiteNoise
def missing(environ, start_response):
    start_response("404 Not Found", [("Content-Length", "0")])
    return [b""]
app = WhiteNoise(missing, root={folder!r}, prefix="static")
"""
NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  include /etc/nginx/mime.types; access_log off; sendfile on; tcp_nopush on;
  keepalive_requests 1000000; client_body_temp_path {work}/b; proxy_temp_path {work}/p;
  fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{ listen 127.0.0.1:{port}; location /static/ {{ alias {folder}/; }} }}
}}
"""

# Name, requirements, module, interface.
PROGRAMS = [
    ("ours", [], ASGI, "asgi3"),
    ("starlette 0.47.3", ["starlette==0.47.3"], ASGI, "asgi3"),
    ("whitenoise", ["whitenoise"], WSGI, "wsgi"),
]


def environment(folder: Path, requirements: List[str]) -> Path:
    """Make an environment with the server in it; return its interpreter."""
    python = folder / "bin" / "python"
    subprocess.run(["uv", "venv", "-q", "-p", sys.executable, str(folder)], check=True)
    install = ["uv", "pip", "install", "-q", "-p", str(python)]
    subprocess.run([*install, *SERVER, "anyio", *requirements], check=True)
    return python


def commands(work: Path, folder: Path, port: int) -> Iterator[Tuple[str, List[str]]]:
    """The name and command line of each server."""
    config = work / "nginx.conf"
    config.write_text(NGINX.format(work=work, folder=folder, port=port))
    yield "nginx", ["nginx", "-c", str(config), "-p", str(work)]
    for number, (name, requirements, source, interface) in enumerate(PROGRAMS):
        python = environment(work / f"env{number}", requirements)
        module = work / f"program{number}.py"
        module.write_text(source.format(folder=str(folder)))
        options = (
            f"--interface {interface} --port {port} --log-level error --lifespan off"
        )
        target = f"{module.stem}:app"
        options += " --lifespan off"
        yield name, [str(python), "-m", "uvicorn", target, *options.split()]


@contextlib.contextmanager
def serving(command: List[str], work: Path, port: int) -> Iterator[None]:
    """Run a server until it is measured."""
    path = os.pathsep.join(str(p) for p in ROOT.glob("packages/*/src"))
    environ = {**os.environ, "PYTHONPATH": path if "program0" in str(command) else ""}
    process = subprocess.Popen(command, cwd=work, env=environ)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def measure(url: str, seconds: int) -> float:
    """Requests per second, by wrk."""
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", url]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in report:
        raise RuntimeError(report)
    return float(re.findall(r"Requests/sec: +([0-9.]+)", report)[0])


def main() -> int:
    """Measure all, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.static_servers")
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    missing = [tool for tool in ("nginx", "wrk", "uv") if shutil.which(tool) is None]
    if missing:
        print(f"Missing: {', '.join(missing)}", file=sys.stderr)
        return 2
    best: Dict[str, Dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        work.chmod(0o755)  # nginx's worker is another user
        folder = work / "files"
        folder.mkdir()
        for name, size in SIZES.items():
            (folder / name).write_bytes(b"0123456789abcdef" * (size // 16))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        servers = list(commands(work, folder, port))
        for _ in range(options.rounds):
            for server, command in servers:
                row = best.setdefault(server, dict.fromkeys(SIZES, 0.0))
                with serving(command, work, port):
                    for name in SIZES:
                        url = f"http://127.0.0.1:{port}/static/{name}"
                        row[name] = max(row[name], measure(url, options.seconds))
    print("| requests per second | 1 KiB | 64 KiB | 1 MiB |")
    print("| --- | ---: | ---: | ---: |")
    for server, row in best.items():
        figures = " | ".join(f"{value:,.0f}" for value in row.values())
        print(f"| {server} | {figures} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
