# SPDX-License-Identifier: Apache-2.0
"""The local API without our client: bytes on the node's socket."""
import json
import re
import select
import socket


def request_bytes(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def connected(node):
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(20)
    end.connect(str(node.home / "api.sock"))
    return end


def call(node, path, body=None):
    """One request: the status and the object of its answer; None: the node does not answer.

    Much faster than a command, for what is asked again and again.
    """
    data = b"" if body is None else json.dumps(body).encode()
    try:
        with connected(node) as end:
            end.sendall(f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\n"
                        "Host: localhost\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
                        + data)
            answer = b"".join(iter(lambda: end.recv(65_536), b""))
        head, _, content = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(content)
    except (OSError, ValueError, IndexError):
        return None


def asked(end):
    """The whole answer to a small request, on a connection that stays open."""
    try:
        end.sendall(request_bytes("/v1/status"))
        answer = end.recv(65_536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length[1]):
            more = end.recv(65_536)
            if not more:
                break
            body += more
        return answer
    except OSError as error:
        return str(error).encode()


def is_open(end):
    """Nothing to read: neither bytes nor the end."""
    return not select.select([end], [], [], 0)[0]
