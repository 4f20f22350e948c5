"""Real stores for a lane of its own: S3 (moto, s3rver), Azure (azurite), Google, nginx, OpenSSH; started and ended here.

The lane needs ``pip install "moto[server]" s3fs adlfs paramiko gcsfs gcp-storage-emulator``, ``npm install azurite`` and ``npm install s3rver``
(their folders in ``AZURITE`` and ``S3RVER``), and Debian's nginx and openssh-server. What is missing is skipped.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from waiting import until


@dataclass
class Store:
    """A place to publish to.

    Args:
        place: what ``publish_to`` takes.
        base: what ``publish_base`` takes; empty for a store that signs links.
    """

    place: str
    base: str = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextmanager
def running(command: list[str], port: int, **options: Any) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    try:
        until(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None, f"{command[0]} ended"
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def configured(protocol: str, **settings: Any) -> Iterator[None]:
    """Give a store's library its settings, as a user's own file does."""
    from fsspec.config import conf

    before = conf.get(protocol)
    conf[protocol] = settings
    try:
        yield
    finally:
        conf.pop(protocol)
        if before is not None:
            conf[protocol] = before


def at_port(port: int) -> dict[str, Any]:
    """Settings of s3fs for a server on this machine; the key is s3rver's own."""
    region = {"region_name": "us-east-1"}
    return {
        "key": "S3RVER",
        "secret": "S3RVER",
        "endpoint_url": f"http://127.0.0.1:{port}",
        "client_kwargs": region,
    }


def public_bucket(port: int) -> str:
    """Make a bucket at an S3 on this machine, of which only ``inputs/`` is public; return its name."""
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"  # moto keeps it longer than its server
    address = f"http://127.0.0.1:{port}/{bucket}"
    httpx.put(address, timeout=60).raise_for_status()
    allowed = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/inputs/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    httpx.put(f"{address}?policy", json=policy, timeout=60).raise_for_status()
    return bucket


@contextmanager
def s3(folder: Path) -> Iterator[Store]:
    """S3 with a bucket of which only ``inputs/`` is public; it checks no signatures."""
    server = pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    moto = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    try:
        with configured("s3", **at_port(port)):
            s3fs.S3FileSystem.clear_instance_cache()
            bucket = public_bucket(port)
            yield Store(f"s3://{bucket}/inputs", f"http://{host}:{port}/{bucket}/inputs")
    finally:
        moto.stop()
        s3fs.S3FileSystem.clear_instance_cache()


@contextmanager
def signing_s3(folder: Path) -> Iterator[Store]:
    """S3 that checks the signatures of requests that have one, and answers the others; anyone may read it."""
    s3fs = pytest.importorskip("s3fs")
    script = Path(os.environ.get("S3RVER", "")) / "node_modules" / "s3rver" / "bin" / "s3rver.js"
    if not script.is_file() or shutil.which("node") is None:
        pytest.skip("no s3rver: npm install s3rver, and its folder in S3RVER")
    port, bucket = free_port(), "of-mine"
    place = ["--address", "127.0.0.1", "--port", str(port), "--directory", str(folder / "s3rver")]
    command = ["node", str(script), *place, "--configure-bucket", bucket, "--silent"]
    with running(command, port, cwd=folder), configured("s3", **at_port(port)):
        s3fs.S3FileSystem.clear_instance_cache()
        yield Store(f"s3://{bucket}/inputs", f"http://127.0.0.1:{port}/{bucket}/inputs")
    s3fs.S3FileSystem.clear_instance_cache()


@contextmanager
def sftp(folder: Path) -> Iterator[Store]:
    """OpenSSH's SFTP to a folder that nginx shows."""
    pytest.importorskip("paramiko")
    from fsspec.implementations.sftp import SFTPFileSystem

    binary, port = program("sshd"), free_port()
    for name in ("host", "mine"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)  # Debian's sshd does not start without
    (folder / "sshd_config").write_text(
        f"""ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/mine.pub
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
Subsystem sftp internal-sftp
""",
        "utf-8",
    )
    user = getpass.getuser()
    settings = {"username": user, "port": port, "key_filename": str(folder / "mine"), "allow_agent": False}
    with (
        nginx(folder) as web,
        running([binary, "-D", "-e", "-f", str(folder / "sshd_config")], port),
        configured("sftp", **settings),
    ):
        SFTPFileSystem.clear_instance_cache()
        yield Store(f"sftp://127.0.0.1{web.place}", web.base)
        SFTPFileSystem.clear_instance_cache()


@contextmanager
def azure(folder: Path) -> Iterator[Store]:
    """Azure's own stand-in, which checks signatures."""
    adlfs = pytest.importorskip("adlfs")
    script = (
        Path(os.environ.get("AZURITE", "")) / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    )
    if not script.is_file() or shutil.which("node") is None:
        pytest.skip("no azurite: npm install azurite, and its folder in AZURITE")
    port = free_port()
    account, key = (
        "devstoreaccount1",
        ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
    )
    connection = (
        f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};"
        f"BlobEndpoint=http://127.0.0.1:{port}/{account};"
    )
    command = [
        "node",
        str(script),
        "--blobPort",
        str(port),
        "--inMemoryPersistence",
        "--skipApiVersionCheck",
        "--silent",
    ]
    with running(command, port, cwd=folder), configured("abfs", connection_string=connection):
        adlfs.AzureBlobFileSystem.clear_instance_cache()
        adlfs.AzureBlobFileSystem(connection_string=connection).mkdir("inputs")
        yield Store("abfs://inputs/of-mine")
    adlfs.AzureBlobFileSystem.clear_instance_cache()


@contextmanager
def google(folder: Path) -> Iterator[Store]:
    """A stand-in for Google's store. It answers no HEAD, so that nothing can be published there in the end."""
    pytest.importorskip("gcp_storage_emulator")
    switch, port = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", free_port()
    before = os.environ.get(switch)
    os.environ[switch] = (
        "false"  # gcsfs would ask over gRPC with TLS, for a minute, what kind of bucket it is
    )
    try:
        gcsfs = pytest.importorskip("gcsfs")
    finally:
        os.environ.pop(switch)
        os.environ.update({} if before is None else {switch: before})
    start = ["start", "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--default-bucket", "bucket"]
    settings = {"token": "anon", "endpoint_url": f"http://127.0.0.1:{port}", "project": "mine"}
    with (
        running([sys.executable, "-m", "gcp_storage_emulator", *start], port, cwd=folder),
        configured("gs", **settings),
    ):
        gcsfs.GCSFileSystem.clear_instance_cache()
        yield Store("gs://bucket/inputs", f"http://127.0.0.1:{port}/bucket/inputs")
    gcsfs.GCSFileSystem.clear_instance_cache()


def program(name: str) -> str:
    """The path of a server's program, or the test is skipped."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:{os.environ.get('SERVERS', '')}")
    if path is None:
        pytest.skip(f"no {name} here")
    return path


@contextmanager
def nginx(folder: Path) -> Iterator[Store]:
    """A folder behind nginx, with the media types that it comes with."""
    binary, port = program("nginx"), free_port()
    www = folder / "inputs"
    www.mkdir()
    types = next(
        (
            path
            for path in (Path("/etc/nginx/mime.types"), Path(binary).parents[2] / "etc/nginx/mime.types")
            if path.is_file()
        ),
        None,
    )
    assert types is not None, "nginx came without its media types"
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"""{user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{ include {types}; default_type application/octet-stream; access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
""",
        "utf-8",
    )
    with running([binary, "-c", str(folder / "nginx.conf"), "-p", str(folder)], port):
        yield Store(str(www), f"http://127.0.0.1:{port}/inputs")
