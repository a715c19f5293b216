// SPDX-License-Identifier: Apache-2.0
import GRDB

/// How erased bytes leave every file.
///
/// Three things keep copies, so there are three steps after the transaction:
/// - the freed cell and page: `secure_delete` overwrites them;
/// - the gaps of pages whose rows moved when a page split, which `secure_delete` does not touch
///   (seen with a few hundred relations): VACUUM builds every page anew from the rows alone;
/// - the former pages in the log: `wal_checkpoint(TRUNCATE)` cuts it to nothing.
extension Database {
    /// Notes, within the transaction that erases, that the steps after it are due.
    func oweErasure() throws {
        try self.run("UPDATE node SET owesErasure = 1", [])
    }

    /// Takes the steps if they are due, and empties the log in any case.
    ///
    /// Not within a transaction. A stop in between loses nothing: the next start takes them.
    func finishErasure() throws {
        if try Bool.fetchOne(self, sql: "SELECT owesErasure FROM node") ?? false {
            try self.execute(sql: "VACUUM")
            try self.run("UPDATE node SET owesErasure = 0", [])
        }
        let result = try self.checkpoint(.truncate)
        guard result.walFrameCount <= 0 else {
            throw StoreError.io(code: 5, message: "the write-ahead log could not be emptied")
        }
    }
}
