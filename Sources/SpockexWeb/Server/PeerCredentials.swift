// SPDX-License-Identifier: Apache-2.0
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Who is on the other end of a Unix socket, as the kernel says.
enum PeerCredentials {
    /// Whether the other end belongs to the user of this process or to root, who can do everything
    /// anyway; false when the kernel does not say.
    ///
    /// Call it on the channel's event loop.
    static func mayUse(_ channel: any Channel) -> Bool {
        let user = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { self.user(of: $0) }
        guard let user = user ?? nil else { return false }
        return user == geteuid() || user == 0
    }

    /// The user who connected; nil when the kernel does not say.
    private static func user(of descriptor: CInt) -> uid_t? {
        #if os(Linux)
            // `struct ucred`: the process, the user, the group (unix(7)).
            var fields: [UInt32] = [0, 0, 0]
            let wanted = socklen_t(MemoryLayout<UInt32>.size * fields.count)
            var byteCount = wanted
            let result = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &fields, &byteCount)
            return result == 0 && byteCount == wanted ? fields[1] : nil
        #else
            var (user, group) = (uid_t(0), gid_t(0))
            return getpeereid(descriptor, &user, &group) == 0 ? user : nil
        #endif
    }
}
