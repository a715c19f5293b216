// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The database's files in the home folder, seen as files: their size, mode and first bytes.
///
/// Every descriptor is closed before SQLite opens the same file: closing one later would drop
/// SQLite's POSIX locks.
struct DatabaseFile: Sendable {
    /// The folder that holds it.
    let folder: String
    /// The database.
    let path: String

    /// `spockex.sqlite` of a home.
    init(home: String) {
        self.init(folder: home, name: "spockex.sqlite")
    }

    private init(folder: String, name: String) {
        self.folder = folder
        self.path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// SQLite's write-ahead log.
    var log: String { self.path + "-wal" }
    /// The log's index; holds no content.
    var logIndex: String { self.path + "-shm" }
    /// Where a new database is made before it gets its name.
    var draft: DatabaseFile { DatabaseFile(folder: self.folder, name: "spockex.sqlite.new") }

    /// The bytes of a regular file; nil when there is no file of that name.
    func byteCount(of path: String) throws(StoreError) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let code = errno
            guard code == ENOENT else { throw Self.failure(code, "cannot look at \(path)") }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .damaged("\(path) is not a regular file")
        }
        return Int(status.st_size)
    }

    /// Creates the database as an empty file of mode 0600, whatever the umask is.
    func create() throws(StoreError) {
        let descriptor = open(
            self.path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(0o600))
        guard descriptor >= 0 else { throw Self.failure(errno, "cannot create \(self.path)") }
        defer { _ = close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw Self.failure(errno, "cannot set the mode of \(self.path)")
        }
    }

    /// Takes all rights of others to what is there: the database, its log and the log's index.
    func makePrivate() throws(StoreError) {
        for path in [self.path, self.log, self.logIndex] {
            guard try self.byteCount(of: path) != nil else { continue }
            guard chmod(path, 0o600) == 0 else {
                throw Self.failure(errno, "cannot set the mode of \(path)")
            }
        }
    }

    /// Deletes the database with its log, its index and an unfinished journal, if they are there.
    func remove() throws(StoreError) {
        for path in [self.path + "-journal", self.logIndex, self.log, self.path] {
            try self.remove(path)
        }
    }

    /// Deletes one file, if it is there.
    func remove(_ path: String) throws(StoreError) {
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw Self.failure(errno, "cannot delete \(path)")
    }

    /// Gives a finished draft its name, durably.
    func adopt(_ draft: DatabaseFile) throws(StoreError) {
        guard rename(draft.path, self.path) == 0 else {
            throw Self.failure(errno, "cannot rename \(draft.path)")
        }
        let descriptor = open(self.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(errno, "cannot open \(self.folder)") }
        defer { _ = close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw Self.failure(errno, "cannot sync \(self.folder)")
        }
    }

    /// Reads the first bytes, at most `count`.
    func head(_ count: Int) throws(StoreError) -> [UInt8] {
        let descriptor = open(self.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(errno, "cannot open \(self.path)") }
        defer { _ = close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(descriptor, &bytes, count, 0)
        guard got >= 0 else { throw Self.failure(errno, "cannot read \(self.path)") }
        return Array(bytes.prefix(got))
    }

    private static func failure(_ code: Int32, _ what: String) -> StoreError {
        .io(code: -Int(code), message: "\(what): \(String(cString: strerror(code)))")
    }
}
