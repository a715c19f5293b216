// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Why the store could not be opened, read or written.
///
/// No case carries a stored value: messages are SQLite's own or name tables and columns.
public enum StoreError: Error, Equatable, Sendable {
    /// The file is no intact SpockEx database; it was left as it is.
    case damaged(String)
    /// A newer SpockEx wrote the database; it was left as it is.
    case tooNew(found: Int, supported: Int)
    /// A change contradicts the schema or what is stored: an error of ours, nothing was stored.
    case refused(String)
    /// The operating system or SQLite failed: SQLite's extended code, or minus `errno`.
    case io(code: Int, message: String)

    /// What happened, in one sentence.
    public var sentence: String {
        switch self {
        case .damaged(let what): "The database is damaged: \(what)."
        case .tooNew(let found, let supported):
            "The database is of version \(found); this program knows versions up to \(supported)."
        case .refused(let what): "The database refused a change: \(what)."
        case .io(let code, let message): "The database cannot be used: \(message) (\(code))."
        }
    }

    /// What the person can do about it, in one sentence.
    public var hint: String {
        switch self {
        case .damaged:
            "Nothing was changed; put back a copy of the home folder, or move spockex.sqlite and "
                + "spockex.sqlite-wal away together to start as a new node."
        case .tooNew: "Nothing was changed; start the newer spockex with this home."
        case .refused: "This is an error in spockex; please report it."
        case .io:
            "Look at the free space and the permissions of the home folder, and end other "
                + "programs that have spockex.sqlite open."
        }
    }

    /// Runs `body` and tells its errors as errors of the store.
    static func translating<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
        do {
            return try body()
        } catch {
            throw StoreError(error)
        }
    }

    private init(_ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            let message = error.message ?? "no message"
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(message)
            case .SQLITE_CONSTRAINT: self = .refused(message)
            default:
                self = .io(code: Int(error.extendedResultCode.rawValue), message: message)
            }
        default:
            self = .io(code: 0, message: "an error of type \(type(of: error))")
        }
    }
}
