// SPDX-License-Identifier: Apache-2.0

/// The fixed part of a database file's first 100 bytes (SQLite file format §1.3).
///
/// Checked before SQLite sees the file: it would treat an empty file as a new database, delete a
/// log that lies beside it, and open an unknown format version read-only.
struct DatabaseHeader {
    /// The length of the header.
    static let byteCount = 100
    /// Marks a database as ours: "SpEx", in `PRAGMA application_id`.
    static let applicationID: Int32 = 0x5370_4578

    /// The length of a page in bytes.
    let pageByteCount: Int

    /// Reads the header of a database in WAL mode that SpockEx made.
    init(_ bytes: [UInt8]) throws(StoreError) {
        guard bytes.count == Self.byteCount else { throw .damaged("the file is too short") }
        guard bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw .damaged("the file is not an SQLite database")
        }
        let mark = bytes[68..<72].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard mark == UInt32(bitPattern: Self.applicationID) else {
            throw .damaged("the file is not a SpockEx database")
        }
        // WAL for writing and reading, no reserved bytes, the payload fractions of every file.
        guard Array(bytes[18..<24]) == [2, 2, 0, 64, 32, 32] else {
            throw .damaged("the file's header is wrong")
        }
        let size = Int(bytes[16]) << 8 | Int(bytes[17])
        self.pageByteCount = size == 1 ? 65_536 : size
        guard self.pageByteCount >= 512, self.pageByteCount.nonzeroBitCount == 1 else {
            throw .damaged("the file's page size is wrong")
        }
    }
}
