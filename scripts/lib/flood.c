// SPDX-License-Identifier: Apache-2.0

// Sends junk datagrams to one port of 127.0.0.1 at a steady rate; for scripts/abuse-flood.
//
//     flood PORT RATE SECONDS PID
//
// Four kinds in turn: noise; a well-formed question with an unknown pid; one with the right pid
// (PID) and a wrong MAC; a data packet of an unknown session. Prints how many were sent.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { batch = 32, size = 512 };

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void base64(char *to, int count) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < count; i += 1) to[i] = letters[next() & 63];
}

// Message 1 as PROTOCOL.md has it: exactly 512 bytes, all but the MAC in order.
static int question(unsigned char *to, const char *pid) {
    char text[size + 64];
    int count = snprintf(
        text, sizeof text, "{\"request\":110,\"pid\":\"%s\",\"from\":%u,\"n\":%llu,\"payload\":\"",
        pid, 1000000000u + (unsigned)(next() % 3000000000u),
        (unsigned long long)((1ull << 46) + next() % (1ull << 46)));
    const char end[] = "\",\"mac\":\"";
    int payload = size - count - (int)sizeof end + 1 - 22 - 2;
    base64(text + count, payload);
    count += payload;
    memcpy(text + count, end, sizeof end - 1);
    count += (int)sizeof end - 1;
    base64(text + count, 21);
    text[count + 21] = 'A';
    memcpy(text + count + 22, "\"}", 2);
    memcpy(to, text, size);
    return size;
}

static int make(unsigned char *to, int kind, const char *pid) {
    char stranger[37];
    switch (kind) {
        case 0: {
            int count = 20 + (int)(next() % 1200);
            for (int i = 0; i < count; i += 1) to[i] = (unsigned char)next();
            return count;
        }
        case 1:
            snprintf(stranger, sizeof stranger, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)next(),
                     (unsigned)(next() & 0xFFFF), (unsigned)(next() & 0xFFF),
                     (unsigned)(next() & 0xFFF), (unsigned long long)(next() & 0xFFFFFFFFFFFFull));
            return question(to, stranger);
        case 2:
            return question(to, pid);
        default: {
            int count = 32 + (int)(next() % 1200);
            for (int i = 0; i < count; i += 1) to[i] = (unsigned char)next();
            to[0] = 0x81;
            to[1] = to[2] = to[3] = 0;
            return count > 1232 ? 1232 : count;
        }
    }
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: flood PORT RATE SECONDS PID\n");
        return 64;
    }
    double rate = atof(arguments[2]), seconds = atof(arguments[3]);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("socket");
        return 1;
    }

    enum { prepared = 1024 };
    static unsigned char bytes[prepared][1280];
    static struct iovec parts[prepared];
    static struct mmsghdr messages[prepared];
    for (int i = 0; i < prepared; i += 1) {
        parts[i].iov_base = bytes[i];
        parts[i].iov_len = (size_t)make(bytes[i], i % 4, arguments[4]);
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }

    double began = now(), end = began + seconds;
    uint64_t sent = 0, at = 0;
    while (now() < end) {
        double due = (now() - began) * rate;
        if ((double)sent >= due) {
            struct timespec pause = {0, 200000};
            nanosleep(&pause, NULL);
            continue;
        }
        int done = sendmmsg(descriptor, messages + at, batch, 0);
        if (done > 0) sent += (uint64_t)done;
        at = (at + batch) % prepared;
    }
    printf("%llu %.3f\n", (unsigned long long)sent, now() - began);
    return 0;
}
