// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The folder of one node: 0700, ours, and used by one process at a time.
enum HomeFolder {
    /// Makes the folder when it is missing, and checks that nobody else can look into it.
    ///
    /// Folders on the way are made 0700 too. An empty folder of ours that others may enter is
    /// closed to them; one with content is refused, because they may have been there already.
    /// From here on the process makes files for its user alone (umask 077).
    static func prepare(_ path: String) throws(NodeError) {
        _ = umask(0o077)
        try Self.make(path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw .homeUnusable(code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .homeUnusable(code: ENOTDIR) }
        guard status.st_uid == geteuid() else { throw .homeUnusable(code: EPERM) }
        guard status.st_mode & 0o077 != 0 else { return }
        guard try Self.isEmpty(path) else { throw .homeNotPrivate }
        guard chmod(path, 0o700) == 0 else { throw .homeUnusable(code: errno) }
    }

    private static func make(_ path: String) throws(NodeError) {
        guard !path.isEmpty else { throw .homeUnusable(code: ENOENT) }
        var end = path.startIndex
        while end < path.endIndex {
            let next = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            end = next
            guard mkdir(String(path[..<end]), 0o700) != 0 else { continue }
            let code = errno
            // EEXIST is what is wanted. A folder on the way may be of a file system that nobody
            // writes to (EROFS, EACCES), which matters only when something is missing under it.
            guard code == EEXIST || end < path.endIndex else { throw .homeUnusable(code: code) }
        }
    }

    private static func isEmpty(_ path: String) throws(NodeError) -> Bool {
        guard let folder = opendir(path) else { throw .homeUnusable(code: errno) }
        defer { _ = closedir(folder) }
        var count = 0
        // `.` and `..` are always there.
        while readdir(folder) != nil, count <= 2 { count += 1 }
        return count <= 2
    }
}
