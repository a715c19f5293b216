# SPDX-License-Identifier: Apache-2.0
"""The local API without our client: bytes on the node's socket."""
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
