"""An S3 server for tests: moto's, on loopback, in this process."""

import os
from contextlib import contextmanager

import pytest


@contextmanager
def s3_server():
    """Run a server for as long as the block lasts, and let the environment lead to it; give a URL in a bucket of its own."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    found = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setitem(os.environ, name, value)
        s3fs.S3FileSystem.clear_instance_cache()  # of those that know another server
        client = boto3.client("s3")
        client.create_bucket(Bucket="tests")
        client.close()
        try:
            yield "s3://tests"
        finally:
            server.stop()
